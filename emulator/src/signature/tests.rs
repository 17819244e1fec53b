//! Known answers: the vector of Alibaba's V3 page and vectors made with the official Python SDK.

use http::{HeaderName, HeaderValue};

use super::*;

const HOST: &str = "pai-dlc.cn-hangzhou.aliyuncs.com";
const NONCE: &str = "d1e2f3a4b5c6d7e8f9a0b1c2d3e4f506";
const DATE: &str = "2026-01-02T03:04:05Z";
const LIST_QUERY: &str = "WorkspaceId=12345&DisplayName=%E4%B8%AD%E6%96%87+a*b%7E%28c%29%27d%21\
                          e%2Bf%2Fg%26h%3Di&Order=desc&PageNumber=1&PageSize=100&ShowOwn=true&\
                          SortBy=GmtCreateTime&StartTime=1970-01-01T00%3A00%3A00Z";
const CREATE_BODY: &str = concat!(
    r#"{"DisplayName":"测试-job","Envs":{"A":"b"},"JobSpecs":[{"ElasticSpotSpecs":[],"#,
    r#""Image":"img:1","LocalMountSpecs":[],"PodCount":1,"ResourceConfig":{"CPU":"8","GPU":"1","#,
    r#""Memory":"32Gi"},"StartupDependencies":[],"Type":"Worker"}],"JobType":"PyTorchJob","#,
    r#""UserCommand":"echo \"hi\" && python train.py","WorkspaceId":"12345"}"#,
);

/// A request as a client signed it.
struct Sample {
    method: &'static str,
    path: &'static str,
    query: &'static str,
    body: &'static str,
    headers: HeaderMap,
    key: Key,
    now_ms: i64,
}

impl Sample {
    fn new(method: &'static str, path: &'static str, action: &'static str) -> Self {
        let key = Key {
            id: "LTAItest".into(),
            secret: "testsecret".into(),
            token: None,
        };
        let now_ms = parse_iso(DATE).unwrap();
        let headers = HeaderMap::new();
        let sample = Self {
            method,
            path,
            query: "",
            body: "",
            headers,
            key,
            now_ms,
        };
        sample
            .with("host", HOST)
            .with("x-acs-action", action)
            .with("x-acs-version", "2020-12-03")
            .with("x-acs-date", DATE)
            .with("x-acs-signature-nonce", NONCE)
            .with("x-acs-content-sha256", &hex::encode(Sha256::digest("")))
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        let name = HeaderName::from_static(name);
        self.headers
            .insert(name, HeaderValue::from_str(value).unwrap());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    fn body(mut self, body: &'static str) -> Self {
        self.body = body;
        let hash = hex::encode(Sha256::digest(body));
        self.with("content-type", "application/json; charset=utf-8")
            .with("x-acs-content-sha256", &hash)
    }

    fn python(self) -> Self {
        self.with("accept", "application/json")
            .with(
                "user-agent",
                "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2",
            )
            .with("x-acs-credentials-provider", "static_ak")
    }

    /// Signs all headers there are with a given signature.
    fn signed(self, signature: &str) -> Self {
        let mut names: Vec<&str> = self.headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        let value = format!(
            "ACS3-HMAC-SHA256 Credential={},SignedHeaders={},Signature={signature}",
            self.key.id,
            names.join(";")
        );
        self.with("authorization", &value)
    }

    fn verify(&self) -> Result<String, ApiError> {
        let received = Received {
            method: self.method,
            path: self.path,
            query: self.query,
            headers: &self.headers,
            body: self.body.as_bytes(),
        };
        verify(&received, &self.key, self.now_ms)
    }

    fn refusal(&self) -> String {
        self.verify().unwrap_err().code.into_owned()
    }
}

fn list() -> Sample {
    Sample {
        query: LIST_QUERY,
        ..Sample::new("GET", "/api/v1/jobs", "ListJobs")
    }
}

fn create() -> Sample {
    Sample::new("POST", "/api/v1/jobs", "CreateJob").body(CREATE_BODY)
}

fn stop() -> Sample {
    let mut stop = Sample::new("POST", "/api/v1/jobs/dlc1gbd4p5lft9tx/stop", "StopJob");
    stop.key.token = Some("STStoken/+=".into());
    stop.with("x-acs-accesskey-id", "LTAItest")
        .with("x-acs-security-token", "STStoken/+=")
}

const A: &str = "ea3ccf6d6260206d0ff99498e8e90e57f6e2cef4d32f19369be8126ae9cc84b0";
const B: &str = "9455462c1de05dc635995ae5dc9668739c70fa25ae7488fd319eaee2709349ca";
const C: &str = "3e277ed6c67e3c77598f55583cfc30c52c4b02c4e23151e1b05046fe09a5ab1f";
const A_PYTHON: &str = "2d55ecaf498e5cf35814abf015ee57a86d6d137a0db6969b795f68c000bfd478";
const B_PYTHON: &str = "4a82c68ccb5b0d33f592caf22be6b1a308f447d677ba37f13cd1c5bd5547c92c";

#[test]
fn known_answers_are_accepted() {
    assert_eq!(list().signed(A).verify(), Ok(NONCE.to_owned()));
    assert_eq!(create().signed(B).verify(), Ok(NONCE.to_owned()));
    assert_eq!(stop().signed(C).verify(), Ok(NONCE.to_owned()));
    assert_eq!(
        list().python().signed(A_PYTHON).verify(),
        Ok(NONCE.to_owned())
    );
    assert_eq!(
        create().python().signed(B_PYTHON).verify(),
        Ok(NONCE.to_owned())
    );
}

#[test]
fn official_vector_is_accepted() {
    let mut sample = Sample::new("POST", "/", "RunInstances")
        .with("host", "ecs.cn-shanghai.aliyuncs.com")
        .with("x-acs-version", "2014-05-26")
        .with("x-acs-date", "2023-10-26T10:22:32Z")
        .with("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d");
    sample.query =
        "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai";
    sample.key.id = "YourAccessKeyId".into();
    sample.key.secret = "YourAccessKeySecret".into();
    sample.now_ms = parse_iso("2023-10-26T10:22:32Z").unwrap();
    let sample = sample.signed("06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
    assert_eq!(sample.verify().unwrap(), "3156853299f313e23d1673dc12e1703d");
}

#[test]
fn canonical_request_has_the_published_hash() {
    let sample = list();
    let received = Received {
        method: sample.method,
        path: sample.path,
        query: sample.query,
        headers: &sample.headers,
        body: b"",
    };
    let mut names: Vec<String> = sample
        .headers
        .keys()
        .map(|n| n.as_str().to_owned())
        .collect();
    names.sort();
    let canonical =
        canonical::request(&received, &names, &hex::encode(Sha256::digest(""))).unwrap();
    assert_eq!(
        string_to_sign(&canonical),
        "ACS3-HMAC-SHA256\ne51e31aa26ff5c07b13e62016bdc68056376d4ceac591d348904acdc943aac09"
    );
}

#[test]
fn a_space_may_come_as_plus_or_percent_20() {
    let mut sample = list().signed(A);
    let percent = LIST_QUERY.replace('+', "%20");
    sample.query = percent.leak();
    assert!(sample.verify().is_ok());
}

#[test]
fn anything_changed_after_signing_is_noticed() {
    let changed = Sample {
        query: "WorkspaceId=1",
        ..list().signed(A)
    };
    assert_eq!(changed.refusal(), "SignatureDoesNotMatch");
    let changed = Sample {
        path: "/api/v1/jobs/x",
        ..list().signed(A)
    };
    assert_eq!(changed.refusal(), "SignatureDoesNotMatch");
    let changed = Sample {
        method: "POST",
        ..list().signed(A)
    };
    assert_eq!(changed.refusal(), "SignatureDoesNotMatch");
    let changed = Sample {
        body: "{}",
        ..create().signed(B)
    };
    assert_eq!(changed.refusal(), "SignatureDoesNotMatch");
    let changed = list().signed(A).with("x-acs-action", "GetJob");
    assert_eq!(changed.refusal(), "SignatureDoesNotMatch");
    assert_eq!(list().signed("00").refusal(), "SignatureDoesNotMatch");
    assert_eq!(list().signed("not hex").refusal(), "SignatureDoesNotMatch");
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(list().refusal(), "MissingAccessKeyId");
    let no_key = list().with(
        "authorization",
        "ACS3-HMAC-SHA256 SignedHeaders=host,Signature=00",
    );
    assert_eq!(no_key.refusal(), "MissingAccessKeyId");
    assert_eq!(
        list().with("authorization", "acs LTAItest:abc=").refusal(),
        "IncompleteSignature"
    );
    let only_key = list().with("authorization", "ACS3-HMAC-SHA256 Credential=LTAItest");
    assert_eq!(only_key.refusal(), "IncompleteSignature");
    for name in [
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-content-sha256",
        "host",
    ] {
        assert_eq!(
            list().without(name).signed(A).refusal(),
            "IncompleteSignature",
            "{name}"
        );
    }
    let unsigned = list().signed(A).with("x-acs-extra", "1");
    assert_eq!(unsigned.refusal(), "IncompleteSignature");
}

#[test]
fn the_key_must_be_ours() {
    let mut sample = list().signed(A);
    sample.key.id = "LTAIother".into();
    assert_eq!(sample.refusal(), "InvalidAccessKeyId.NotFound");
    assert_eq!(sample.verify().unwrap_err().status, StatusCode::NOT_FOUND);
}

#[test]
fn a_date_is_good_for_fifteen_minutes_either_way() {
    let at = |shift: i64| {
        let sample = list().signed(A);
        Sample {
            now_ms: sample.now_ms + shift,
            ..sample
        }
    };
    assert!(at(MAX_SKEW_MS).verify().is_ok());
    assert!(at(-MAX_SKEW_MS).verify().is_ok());
    assert_eq!(at(MAX_SKEW_MS + 1).refusal(), "InvalidTimeStamp.Expired");
    assert_eq!(at(-MAX_SKEW_MS - 1).refusal(), "InvalidTimeStamp.Expired");
}

#[test]
fn session_tokens_must_fit_the_key() {
    let mut wrong = stop().signed(C);
    wrong.key.token = Some("another".into());
    assert_eq!(wrong.refusal(), "InvalidSecurityToken.Expired");
    wrong.key.token = None;
    assert_eq!(
        wrong.refusal(),
        "InvalidSecurityToken.MismatchWithAccessKey"
    );
    let mut missing = list().signed(A);
    missing.key.token = Some("STStoken/+=".into());
    assert_eq!(missing.refusal(), "MissingSecurityToken");
}

#[test]
fn secrets_are_compared_whole() {
    assert!(same_secret("abc", "abc"));
    assert!(!same_secret("abc", "abd"));
    assert!(!same_secret("abc", "ab"));
    assert!(!same_secret("", "a"));
}
