use base64::engine::general_purpose::STANDARD;
use ring::signature::RsaPublicKeyComponents;

use super::*;

/// The testing key `testRSA2048` of RFC 9500, section 2.1, which is no secret: PKCS #1.
const KEY: &str = "\
    MIIEowIBAAKCAQEAsPnoGUOnrpiSqt4XynxA+HRP7S+BSObI6qJ7fQAVSPtRkqso\
    tWxQYLEYzNEx5ZSHTGypibVsJylvCfuToDTfMul8b/CZjP2Ob0LdpYrNH6l5hvFE\
    89FU1nZQF15oVLOpUgA7wGiHuEVawrGfey92UE68mOyUVXGweJIVDdxqdMoPvNNU\
    l86BU02vlBiESxOuox+dWmuVV7vfYZ79Toh/LUK43YvJh+rhv4nKuF7iHjVjBd9s\
    B6iDjj70HFldzOQ9r8SRI+9NirupPTkF5AKNe6kUhKJ1luB7S27ZkvB3tSTT3P59\
    3VVJvnzOjaA1z6Cz+4+eRvcysqhrRgFlwI9TEwIDAQABAoIBAEEYiyDP29vCzx/+\
    dS3LqnI5BjUuJhXUnc6AWX/PCgVAO+8A+gZRgvct7PtZb0sM6P9ZcLrweomlGezI\
    FrL0/6xQaa8bBr/ve/a8155OgcjFo6fZEw3Dz7ra5fbSiPmu4/b/kvrg+Br1l77J\
    aun6uUAs1f5B9wW+vbR7tzbT/mxaUeDiBzKpe15GwcvbJtdIVMa2YErtRjc1/5B2\
    BGVXyvlJv0SIlcIEMsHgnAFOp1ZgQ08aDzvilLq8XVMOahAhP1O2A3X8hKdXPyrx\
    IVWE9bS9ptTo+eF6eNl+d7htpKGEZHUxinoQpWEBTv+iOoHsVunkEJ3vjLP3lyI/\
    fY0NQ1ECgYEA3RBXAjgvIys2gfU3keImF8e/TprLge1I2vbWmV2j6rZCg5r/AS0u\
    pii5CvJ5/T5vfJPNgPBy8B/yRDs+6PJO1GmnlhOkG9JAIPkv0RBZvR0PMBtbp6nT\
    Y3yo1lwamBVBfY6rc0sLTzosZh2aGoLzrHNMQFMGaauORzBFpY5lU50CgYEAzPHl\
    u5DI6Xgep1vr8QvCUuEesCOgJg8Yh1UqVoY/SmQh6MYAv1I9bLGwrb3WW/7kqIoD\
    fj0aQV5buVZI2loMomtU9KY5SFIsPV+JuUpy7/+VE01ZQM5FdY8wiYCQiVZYju9X\
    Wz5LxMNoz+gT7pwlLCsC4N+R8aoBk404aF1gum8CgYAJ7VTq7Zj4TFV7Soa/T1eE\
    k9y8a+kdoYk3BASpCHJ29M5R2KEA7YV9wrBklHTz8VzSTFTbKHEQ5W5csAhoL5Fo\
    qoHzFFi3Qx7MHESQb9qHyolHEMNx6QdsHUn7rlEnaTTyrXh3ifQtD6C0yTmFXUIS\
    CW9wKApOrnyKJ9nI0HcuZQKBgQCMtoV6e9VGX4AEfpuHvAAnMYQFgeBiYTkBKltQ\
    XwozhH63uMMomUmtSG87Sz1TmrXadjAhy8gsG6I0pWaN7QgBuFnzQ/HOkwTm+qKw\
    AsrZt4zeXNwsH7QXHEJCFnCmqw9QzEoZTrNtHJHpNboBuVnYcoueZEJrP8OnUG3r\
    UjmopwKBgAqB2KYYMUqAOvYcBnEfLDmyZv9BTVNHbR2lKkMYqv5LlvDaBxVfilE0\
    2riO4p6BaAdvzXjKeRrGNEKoHNBpOSfYCOM16NjL8hIZB1CaV3WbT5oY+jp7Mzd5\
    7d56RZOE+ERK2uz/7JX9VSsM/LbH9pJibd4e8mikDS9ntciqOH/3\
";

/// As the signer wants it: PKCS #8, PEM.
fn pem() -> String {
    let version = [0x02, 0x01, 0x00];
    let key = tagged(0x04, &STANDARD.decode(KEY).unwrap());
    let info = tagged(0x30, &[&version, &ALGORITHM[..], &key].concat());
    let text = STANDARD.encode(info);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

fn decoded(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

fn json_of(part: &str) -> Value {
    serde_json::from_slice(&decoded(part)).unwrap()
}

/// The first is distribution's own example (its manifest specification, version 2 schema 1), of a key on P-256; the second
/// was reckoned from the definition, with other programs.
#[test]
fn a_key_has_the_name_that_libtrust_gives_it() {
    let point =
        ["3gAwX48IQ5oaYQAYSxor6rYYc_6yjuLCjtQ9LUakg4A", "t72ge6kIA1XOjqjVoEOiPPAURltJFBMGDSQvEGVB010"];
    let on_p256 = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
        0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];
    let der = [on_p256.to_vec(), decoded(point[0]), decoded(point[1])].concat();
    assert_eq!(key_id(&der), "OD6I:6DRK:JXEJ:KBM4:255X:NSAA:MUSF:E4VM:ZI6W:CUN2:L4Z6:LSF4");

    let signer = Signer::from_pem(pem().as_bytes()).unwrap();
    assert_eq!(signer.key_id, "R63L:VVTR:Z7TJ:QOJ4:IUZV:PWTB:WVWX:K6VY:YDZ7:XHEH:6KCJ:4YYT");
}

#[test]
fn a_token_is_good_by_the_key_that_is_published() {
    let signer = Signer::from_pem(pem().as_bytes()).unwrap();
    let jwks = signer.jwks();
    let key = &jwks["keys"][0];
    let public = RsaPublicKeyComponents {
        n: decoded(key["n"].as_str().unwrap()),
        e: decoded(key["e"].as_str().unwrap()),
    };
    let token = signer.registry_token("lain", "hello", &["pull", "push"]).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let verify = |text: &str| {
        let parameters = &ring::signature::RSA_PKCS1_2048_8192_SHA256;
        public.verify(parameters, text.as_bytes(), &decoded(signature)).is_ok()
    };
    assert!(verify(signed));
    assert!(!verify(&signed.replacen('e', "f", 1)));
    let header = json_of(signed.split('.').next().unwrap());
    assert_eq!(header, json!({"typ": "JWT", "alg": "RS256", "kid": key["kid"]}));
}

#[test]
fn a_token_says_what_was_asked_for_and_nothing_of_the_one_before() {
    let signer = Signer::from_pem(pem().as_bytes()).unwrap();
    let claims = |token: String| json_of(token.split('.').nth(1).unwrap());
    let before = clock::now().as_second();
    let first = claims(signer.registry_token("lain", "hello", &["pull", "push"]).unwrap());
    let second = claims(signer.token("bob", "registry.example", &[]).unwrap());
    let issued = first["iat"].as_i64().unwrap();
    assert!((before..=clock::now().as_second()).contains(&issued));
    assert_eq!((first["nbf"].as_i64().unwrap(), first["exp"].as_i64().unwrap()), (issued - 1, issued + 1800));
    assert_eq!(
        (&first["iss"], &first["sub"], &first["aud"]),
        (&json!("auth server"), &json!("lain"), &json!("registry"))
    );
    let access = json!([{"type": "repository", "name": "hello", "actions": ["pull", "push"]}]);
    assert_eq!(first["access"], access);
    assert_eq!(
        (&second["sub"], &second["aud"], &second["access"]),
        (&json!("bob"), &json!("registry.example"), &json!([]))
    );
    assert_ne!(first["jti"], second["jti"]);
}

#[test]
fn a_key_that_is_none_is_refused_and_not_shown() {
    let good = pem();
    for bad in ["", "key", &good.replace("PRIVATE KEY", "PUBLIC KEY"), &good.replace("MII", "AAA")] {
        assert!(Signer::from_pem(bad.as_bytes()).is_err(), "{bad}");
    }
    let shown = format!("{:?}", Signer::from_pem(good.as_bytes()).unwrap());
    assert!(shown.starts_with("Signer { key_id: ") && shown.len() < 100, "{shown}");
}

#[test]
fn a_scope_is_a_repository_and_what_may_be_done() {
    for (text, name, actions) in [
        ("repository:hello:pull", "hello", vec!["pull"]),
        ("repository:a/b-c/d_e.f:pull,push", "a/b-c/d_e.f", vec!["pull", "push"]),
        ("repository:registry.example:5000/Hello:push", "registry.example:5000/Hello", vec!["push"]),
        ("repository:hello:*", "hello", vec!["*"]),
        ("repository:hello:", "hello", vec![]),
    ] {
        let actions = actions.into_iter().map(str::to_owned).collect();
        let claim = AccessClaim { r#type: "repository".to_owned(), name: name.to_owned(), actions };
        assert_eq!(scope(text), Some(claim), "{text}");
    }
    for bad in [
        "",
        "repository",
        "repository:hello",
        "repository::pull",
        "registry:catalog:*",
        "repository(plugin):hello:pull",
        "Repository:hello:pull",
        "repository:a//b:pull",
        "repository:/a:pull",
        "repository:a/:pull",
        "repository:a/../b:pull",
        "repository:a:b:pull",
        "repository:host:5000:pull",
        "repository:host:x/a:pull",
        "repository:a/host:5000/b:pull",
        "repository:hello world:pull",
        "repository:h\u{e9}llo:pull",
        "repository:hello:PULL",
        "repository:hello:pull push",
        "repository:hello:pull,",
    ] {
        assert_eq!(scope(bad), None, "{bad:?}");
    }
}
