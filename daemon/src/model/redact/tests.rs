//! Both ways: what must not be read, and what must stay as it is.

use proptest::prelude::*;

use super::*;

const HEX: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn secrets_are_masked() {
    let redactor = Redactor::new(["hunter2hunter2".to_owned()]);
    for (text, secret) in [
        (
            "export HF_TOKEN=hf_abcdefghijklmnopqrst && python t.py",
            "hf_abc",
        ),
        ("WANDB_API_KEY=0123456789abcdef python t.py", "0123456789"),
        ("curl -H 'Authorization: Bearer abc.def.ghi' x", "abc.def"),
        ("curl -H \"Authorization: token abcdefgh\" x", "abcdefgh"),
        ("curl -H 'X-Api-Key: open sesame' x", "sesame"),
        ("curl -H 'x-acs-security-token: CAISabc/def+==' x", "CAIS"),
        ("x-acs-security-token: CAISabcdef", "CAIS"),
        (
            "git -c http.extraheader='AUTHORIZATION: basic eDp5' fetch",
            "eDp5",
        ),
        ("mysql --password hunter2hunter2", "hunter2"),
        ("mysql --password 20240101", "2024"),
        ("mysql -u root -phunter3 db", "hunter3"),
        ("mysqldump \\\n -h x -p'a b' db", "a b"),
        ("PASSWORD=20240101 run", "2024"),
        ("PASSWORD='$ecretvalue99' run", "ecret"),
        ("PASSWORD=$'abc' run", "abc"),
        ("PASSWORD=$ecr3t!value run", "ecr3t"),
        ("DB_PASS=abc123 run", "abc123"),
        ("DB_PASS=\"a b c\"d run", "b c"),
        ("DB_PASS=a\\ bcde run", "bcde"),
        ("docker run -e 'DB_PASSWORD=p&ss;word x' i", "word"),
        ("PGPASSWORD=letmein psql", "letmein"),
        ("MYSQL_PWD=letmein mysql", "letmein"),
        ("SSHPASS=letmein sshpass -e ssh x", "letmein"),
        ("curl -u me:secret123 https://x", "secret123"),
        (
            "curl -sSu me:secret123 --proxy-user 'you:open sesame' x",
            "secret123",
        ),
        ("curl -u a:b --proxy-user 'you:open sesame' x", "sesame"),
        ("curl -X POST \\\n  -u me:secret123 x", "secret123"),
        ("sshpass -p letmein ssh x", "letmein"),
        ("sshpass -v -pletmein ssh x", "letmein"),
        ("docker login -u me -p letmein registry", "letmein"),
        ("redis-cli -h x -a letmein ping", "letmein"),
        ("ossutil64 ls -i LTAI -k letmein", "letmein"),
        ("wandb login 0123456789abcdef0123456789abcdef01234567", HEX),
        (
            "wandb login --relogin 0123456789abcdef0123456789abcdef01234567",
            HEX,
        ),
        (
            "wandb.login(key='0123456789abcdef0123456789abcdef01234567')",
            HEX,
        ),
        ("OPENAI_KEY=abc run", "abc"),
        (
            "https://b.oss/x?Expires=1&OSSAccessKeyId=me99&Signature=vjby%2B&x=1",
            "vjby",
        ),
        (
            "https://b.oss/x?Expires=1&OSSAccessKeyId=me99&Signature=vjby%2B&x=1",
            "me99",
        ),
        ("echo hunter2hunter2", "hunter2"),
        ("git clone https://me:s3cr3t@host/x.git", "s3cr3t"),
        ("git clone https://me:s3@cr3t@host/x.git", "cr3t"),
        ("git clone https://0123456789abcdef0123@host/x.git", "0123"),
        (
            "aliyun configure set --access-key-id LTAI5tAbCdEfGhIjKlMn",
            "LTAI5t",
        ),
        ("aliyun configure set --access-key-secret=abc", "abc"),
        ("run --password \\\n letmein", "letmein"),
        ("run --api-key 'a b c' x", "b c"),
        ("run -token letmein", "letmein"),
        ("subprocess.run(['x', '--token', 'letmein'])", "letmein"),
        (r#"["x","--token","letmein"]"#, "letmein"),
        (r#"{"password": "open sesame"}"#, "sesame"),
        (r#"{"password":"abc","user":"bob"}"#, "abc"),
        (r#"{"password": ["abc1", "abc2"]}"#, "abc2"),
        (r#"{"password":{"token":"abc"}}"#, "abc"),
        (r#"{"password": "esc\"aped sesame"}"#, "sesame"),
        (r#"-d "{\"password\": \"abc\"}""#, "abc"),
        (r#"{"max_tokens": "abc"}"#, "abc"),
        ("os.environ['HF_TOKEN'] = 'abc'", "abc"),
        ("login(token='abc', add=True)", "abc"),
        ("password := `x`; password = abc", "abc"),
        ("password: 'abc", "abc"),
        ("x ${HF_TOKEN:-letmein} y", "letmein"),
        ("TOKEN=${HF_TOKEN:-letmein} y", "letmein"),
        ("login sk-abcdefghijklmnop1234", "sk-abc"),
        ("login sk-proj-abc_defghijklmnop-1234", "sk-proj"),
        (r"line\nhf_abcdefghijklmnopqrst", "hf_abc"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----",
            "MIIE",
        ),
        (
            "kubectl create secret generic x --from-literal=password=abc",
            "abc",
        ),
        ("cmd=\"export TOKEN=abc\"", "abc"),
        ("sent Bearer zzzyyyxxx111222333 to x", "zzzyyy"),
        ("sent bearer abcdefghIJKLMNOP", "abcdef"),
        ("BEARER\t0123456789abcdef==", "0123456789"),
        (
            "a bearer bearer-of-good-news/bearer 0123456789abcdef",
            "0123456789",
        ),
        ("using 'Bearer a.b-c_d~e+f/g=h1234' x", "h1234"),
        (r#"["x", "Bearer zzzyyyxxx111222333"]"#, "zzzyyy"),
        (
            r#"{"header": {"name": "Bearer", "x": "\nBearer zzzyyyxxx111222333"}}"#,
            "zzzyyy",
        ),
        ("Bearer: zzzyyyxxx111222333", "zzzyyy"),
        ("Bearer 'zzzyyyxxx111222333'", "zzzyyy"),
    ] {
        let out = redactor.text(text);
        assert!(!out.contains(secret), "{text}\n{out}");
        assert!(out.contains(MASK), "{out}");
    }
}

#[test]
fn what_is_no_secret_stays() {
    let redactor = Redactor::default();
    for text in [
        "python train.py --epochs 3 --lr 1e-4",
        "tokenizer=bpe python prepare.py --max-tokens 4096",
        "python run.py --tokenizer-path x --tokenizer y",
        "export TOKEN=$HF_TOKEN; python t.py",
        "PASSWORD=\"$DB_PASSWORD\" AUTH=\"$USER:$PASS\" run",
        "TOKEN=${HF_TOKEN} TOKEN=${{ secrets.X }} TOKEN=$(cat /run/token) run",
        "TOKEN=\"$(cat /run/token)\" KEY_TOKEN=`cat x` run",
        "curl -H \"Authorization: Bearer $TOKEN\" -u \"$USER:$PASS\" x",
        "docker run -v $PWD:/work -v ${PWD}:/w --user 1000:1000 image",
        "step 10/100 loss 0.42 tokens/s 1234",
        "tokens: 1234, num_tokens=5 max_new_tokens=1_024",
        "generate(max_tokens=4096, pad_token_id=0, eos_token='</s>')",
        "/data/mask-rcnn-resnet50-fpn-v2/run.py",
        "/models/ru-sk-translation-base-v2 /x/sk-learn-tutorial-2024-dataset",
        "token expired",
        "bearer instruments/derivatives and bearer of-good-news-for-all",
        "Bearer authentication-required, bearer AUTHENTICATION/FAILED",
        "Bearer short1234, Bearer $TOKEN_OF_MANY_LETTERS_1 ${TOKEN_OF_MANY_LETTERS_1}",
        "the forbearer 0123456789abcdef, bearer_0123456789abcdef and talebearers 0123456789abcdef",
        "the secret is out, the password was wrong",
        "sort_key=name key=value partition_key=x",
        "PWD=/work OLDPWD=/x run",
        "docker pull registry/auth-service:1.2",
        "auth::Token and token://x",
        "docker login --password-stdin registry.example.com",
        "run --no-auth x --token-file /x/y --use-auth-token --epochs 3",
        "run --use-auth-token true --token=None",
        "read -sp \"Password: \" x; echo \"$x\"",
        "rsync -avu host:path there",
        "python -u train.py",
        "mysql -p db < x.sql",
        "docker run -p 8080:80 x",
        "PASSWORD= ; PASSWORD='' run",
        "pass_rate=0.5 SignatureMethod=HMAC-SHA1 author=me",
        "git checkout 0123456789abcdef0123456789abcdef01234567",
        "https://me@host/x ssh://git@host/x http://host:8080/x",
        r#"{"tokens": [1, 2, 3], "token": null, "image": "x"}"#,
        "wandb login --relogin",
        "InvalidAccessKeyId.NotFound: Specified access key is not found",
        "max_tokens: auto, --max-tokens unlimited",
    ] {
        assert_eq!(redactor.text(text), text);
    }
}

#[test]
fn what_stands_around_a_secret_stays() {
    for (text, out) in [
        ("login(token='abc', n=1)", "login(token=[redacted], n=1)"),
        ("f(token=abc)", "f(token=[redacted])"),
        (
            r#"{"password":"abc","user":"bob"}"#,
            r#"{"password":[redacted],"user":"bob"}"#,
        ),
        (
            r#"{"password":2024,"user":"bob"}"#,
            r#"{"password":[redacted],"user":"bob"}"#,
        ),
        ("curl -u me:secret x", "curl -u me:[redacted] x"),
        (
            "curl -H 'Authorization: Bearer abc' x",
            "curl -H 'Authorization: Bearer [redacted]' x",
        ),
        (
            "use \"Bearer zzzyyyxxx111222333\" here.",
            "use \"Bearer [redacted]\" here.",
        ),
        ("sent bearer zzzyyyxxx111222333.", "sent bearer [redacted]"),
        ("x?a=1&Signature=abc&b=2", "x?a=1&Signature=[redacted]&b=2"),
        ("DB_PASS=abc python x.py", "DB_PASS=[redacted] python x.py"),
    ] {
        assert_eq!(Redactor::default().text(text), out);
    }
}

#[test]
fn entries_are_judged_by_key_and_value() {
    for (entry, secret) in [
        (serde_json::json!({"HF_TOKEN": "abc"}), true),
        (serde_json::json!({"Password": 20_240_101}), true),
        (serde_json::json!({"secrets": ["a"]}), true),
        (serde_json::json!({"credentials": {"a": 1}}), true),
        (
            serde_json::json!({"value": "abc", "name": "HF_TOKEN"}),
            true,
        ),
        (serde_json::json!({"value": "abc", "name": "EPOCHS"}), false),
        (serde_json::json!({"TOKENIZER_PATH": "/data/model"}), false),
        (serde_json::json!({"MAX_TOKENS": "4096"}), false),
        (serde_json::json!({"MAX_TOKENS": 4096}), false),
        (serde_json::json!({"token": null}), false),
    ] {
        let map = entry.as_object().unwrap();
        let found = map
            .iter()
            .any(|(key, value)| is_secret_entry(map, key, value));
        assert_eq!(found, secret, "{entry}");
    }
}

fn fragments() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(vec![
            "password", "TOKEN", "tokens", "--api-key", "-H", "-e ", "curl ", " -u ", "sshpass -p", "wandb login ",
            "OPENAI_KEY", "Authorization", "Bearer ", "zzzyyyxxx111222333", "$", "${", "}", "$(", "[redacted]", "known-value-1", "no-", "sk-",
            "LTAI0123456789ab", "https://", "mysql ", " -p", "\\\n", "\\n", "{", "[", "]", ":-", "4096",
        ]).prop_map(str::to_owned),
        3 => "[ =:\"'\\\\@,;&|()\n/.-]",
        1 => "[a-z0-9é]{1,24}",
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_redacted_stays_as_it_is(text in prop_oneof![fragments(), any::<String>()]) {
        let redactor = Redactor::new(["known-value-1".to_owned()]);
        let once = redactor.text(&text);
        prop_assert_eq!(redactor.text(&once), once);
    }
}

#[test]
fn a_known_secret_is_masked_in_the_forms_of_a_json_text_and_line_by_line() {
    let secret = "first \"line\" of it\nsecond-line-of-it";
    let redactor = Redactor::new([secret.to_owned()]);
    let once = serde_json::json!({ "said": secret }).to_string();
    let twice = serde_json::json!({ "message": once }).to_string();
    for text in [secret, &once, &twice, "only second-line-of-it was printed"] {
        let masked = redactor.text(text);
        assert!(!masked.contains("line"), "{masked}");
    }
}

#[test]
fn secrets_of_calls_push_out_the_oldest_and_plain_words_are_no_secrets() {
    let redactor = Redactor::default();
    redactor.remember(["zz-the-first-one".to_owned(), "python".to_owned()]);
    assert_eq!(redactor.text("python x"), "python x");
    assert_eq!(redactor.text("zz-the-first-one"), MASK);
    let with = redactor.with(["of-this-call-alone".to_owned()]);
    assert_eq!(with.text("of-this-call-alone"), MASK);
    assert_eq!(redactor.text("of-this-call-alone"), "of-this-call-alone");
    redactor.remember((0..GIVEN_MAX).map(|n| format!("aa-secret-{n}")));
    assert_eq!(redactor.text("zz-the-first-one"), "zz-the-first-one");
    assert_eq!(redactor.text("aa-secret-17"), MASK);
}
