//! Known answers of fact sheet §11.3 and §11.4.

use super::*;
use proptest::prelude::*;

const SECRET: &str = "testsecret";
const JSON: &str = "application/json; charset=utf-8";

struct Vector<'a> {
    method: &'a str,
    path: &'a str,
    query: Vec<(String, String)>,
    extra: Vec<(&'a str, &'a str)>,
    action: &'a str,
    body: &'a str,
}

impl Vector<'_> {
    /// Canonical request, hash in the string to sign, signature.
    fn run(&self) -> (String, String, String) {
        let payload = payload_hash(self.body.as_bytes());
        let mut headers = vec![
            ("host", "pai-dlc.cn-hangzhou.aliyuncs.com"),
            ("x-acs-action", self.action),
            ("x-acs-content-sha256", &payload),
            ("x-acs-date", "2026-01-02T03:04:05Z"),
            ("x-acs-signature-nonce", "d1e2f3a4b5c6d7e8f9a0b1c2d3e4f506"),
            ("x-acs-version", "2020-12-03"),
        ];
        headers.extend(&self.extra);
        let request = Signable {
            method: self.method,
            path: self.path,
            query: &self.query,
            headers: &headers,
            payload_hash: &payload,
        };
        let canonical = canonical_request(&request);
        let to_sign = string_to_sign(&canonical);
        let hash = to_sign
            .strip_prefix("ACS3-HMAC-SHA256\n")
            .unwrap()
            .to_owned();
        (canonical, hash, signature(SECRET, &to_sign))
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn list_jobs<'a>() -> Vector<'a> {
    Vector {
        method: "GET",
        path: "/api/v1/jobs",
        query: pairs(&[
            ("WorkspaceId", "12345"),
            ("DisplayName", "中文 a*b~(c)'d!e+f/g&h=i"),
            ("StartTime", "1970-01-01T00:00:00Z"),
            ("ShowOwn", "true"),
            ("SortBy", "GmtCreateTime"),
            ("Order", "desc"),
            ("PageNumber", "1"),
            ("PageSize", "100"),
        ]),
        extra: vec![],
        action: "ListJobs",
        body: "",
    }
}

fn create_job<'a>() -> Vector<'a> {
    Vector {
        method: "POST",
        path: "/api/v1/jobs",
        query: vec![],
        extra: vec![("content-type", JSON)],
        action: "CreateJob",
        body: r#"{"DisplayName":"测试-job","Envs":{"A":"b"},"JobSpecs":[{"ElasticSpotSpecs":[],"Image":"img:1","LocalMountSpecs":[],"PodCount":1,"ResourceConfig":{"CPU":"8","GPU":"1","Memory":"32Gi"},"StartupDependencies":[],"Type":"Worker"}],"JobType":"PyTorchJob","UserCommand":"echo \"hi\" && python train.py","WorkspaceId":"12345"}"#,
    }
}

/// The headers that the Python SDK signs on top of the small set.
const PYTHON: [(&str, &str); 3] = [
    ("accept", "application/json"),
    (
        "user-agent",
        "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2",
    ),
    ("x-acs-credentials-provider", "static_ak"),
];

#[test]
fn official_vector() {
    let payload = payload_hash(b"");
    let query = pairs(&[
        ("RegionId", "cn-shanghai"),
        (
            "ImageId",
            "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        ),
    ]);
    let request = Signable {
        method: "POST",
        path: "",
        query: &query,
        headers: &[
            ("host", "ecs.cn-shanghai.aliyuncs.com"),
            ("x-acs-action", "RunInstances"),
            ("x-acs-content-sha256", &payload),
            ("x-acs-date", "2023-10-26T10:22:32Z"),
            ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            ("x-acs-version", "2014-05-26"),
        ],
        payload_hash: &payload,
    };
    assert_eq!(
        string_to_sign(&canonical_request(&request)),
        "ACS3-HMAC-SHA256\n7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
    );
    assert_eq!(
        authorization("YourAccessKeyId", "YourAccessKeySecret", &request),
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;\
         x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
         Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    );
}

#[test]
fn vector_a() {
    let (canonical, hash, signature) = list_jobs().run();
    let expected = "GET
/api/v1/jobs
DisplayName=%E4%B8%AD%E6%96%87%20a%2Ab~%28c%29%27d%21e%2Bf%2Fg%26h%3Di&Order=desc&PageNumber=1&PageSize=100&ShowOwn=true&SortBy=GmtCreateTime&StartTime=1970-01-01T00%3A00%3A00Z&WorkspaceId=12345
host:pai-dlc.cn-hangzhou.aliyuncs.com
x-acs-action:ListJobs
x-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
x-acs-date:2026-01-02T03:04:05Z
x-acs-signature-nonce:d1e2f3a4b5c6d7e8f9a0b1c2d3e4f506
x-acs-version:2020-12-03

host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(canonical, expected);
    assert_eq!(
        hash,
        "e51e31aa26ff5c07b13e62016bdc68056376d4ceac591d348904acdc943aac09"
    );
    assert_eq!(
        signature,
        "ea3ccf6d6260206d0ff99498e8e90e57f6e2cef4d32f19369be8126ae9cc84b0"
    );
}

#[test]
fn vector_b() {
    let (_, hash, signature) = create_job().run();
    assert_eq!(
        hash,
        "dc09c1db34d4dbe0bb7cb0c493b075a45f48a3f19875a81347df3b684963218d"
    );
    assert_eq!(
        signature,
        "9455462c1de05dc635995ae5dc9668739c70fa25ae7488fd319eaee2709349ca"
    );
}

#[test]
fn vector_c_with_a_session_token() {
    let stop = Vector {
        method: "POST",
        path: "/api/v1/jobs/dlc1gbd4p5lft9tx/stop",
        query: vec![],
        extra: vec![
            ("x-acs-accesskey-id", "LTAItest"),
            ("x-acs-security-token", "STStoken/+="),
        ],
        action: "StopJob",
        body: "",
    };
    let (_, hash, signature) = stop.run();
    assert_eq!(
        hash,
        "6a51f8cb8db8bc47124259d8e3a182d22bd4409ed95ab825c2209ccf10530212"
    );
    assert_eq!(
        signature,
        "3e277ed6c67e3c77598f55583cfc30c52c4b02c4e23151e1b05046fe09a5ab1f"
    );
}

#[test]
fn vectors_of_the_python_sdk_with_more_headers() {
    let mut a = list_jobs();
    a.extra.extend(PYTHON);
    let (_, hash, signature) = a.run();
    assert_eq!(
        hash,
        "3ad5dbc647fd0fb6226a303148f92c43f761ce5680542321085f2ff77d4abcd5"
    );
    assert_eq!(
        signature,
        "2d55ecaf498e5cf35814abf015ee57a86d6d137a0db6969b795f68c000bfd478"
    );

    let mut b = create_job();
    b.extra.extend(PYTHON);
    let (_, hash, signature) = b.run();
    assert_eq!(
        hash,
        "27fd58dfab34ffaf21ced20a82e0096fa889406b36ecc2af1b875e2223579d00"
    );
    assert_eq!(
        signature,
        "4a82c68ccb5b0d33f592caf22be6b1a308f447d677ba37f13cd1c5bd5547c92c"
    );
}

#[test]
fn an_empty_value_keeps_its_equals_sign() {
    assert_eq!(
        query_string(&pairs(&[("b", ""), ("a", "x y")])),
        "a=x%20y&b="
    );
}

proptest! {
    #[test]
    fn order_of_insertion_does_not_change_the_request(
        query in proptest::collection::vec((".{0,5}", ".{0,5}"), 0..6),
        values in proptest::collection::vec("[!-~]{0,8}", 4),
    ) {
        let names = ["x-acs-date", "host", "content-type", "x-acs-action"];
        let headers: Vec<(&str, &str)> =
            names.into_iter().zip(values.iter().map(String::as_str)).collect();
        let reversed_headers: Vec<(&str, &str)> = headers.iter().rev().copied().collect();
        let reversed_query: Vec<(String, String)> = query.iter().rev().cloned().collect();
        let one = Signable { method: "GET", path: "/", query: &query, headers: &headers, payload_hash: "" };
        let other = Signable { query: &reversed_query, headers: &reversed_headers, ..one };
        prop_assert_eq!(canonical_request(&one), canonical_request(&other));
    }

    #[test]
    fn a_canonical_request_has_a_line_per_part(
        query in proptest::collection::vec((".{0,5}", ".{0,5}"), 0..6),
    ) {
        let headers = [("host", "h"), ("x-acs-date", "d")];
        let request = Signable { method: "GET", path: "", query: &query, headers: &headers, payload_hash: "p" };
        prop_assert_eq!(canonical_request(&request).split('\n').count(), 3 + 2 + 1 + 2);
    }
}
