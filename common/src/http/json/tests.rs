use super::*;
use proptest::prelude::*;

#[track_caller]
fn faults(body: &str, read: impl FnOnce(&At<'_>) -> Option<()>) -> Vec<String> {
    match read_object(body.as_bytes(), read) {
        Ok(()) => vec![],
        Err(Error::Invalid(faults)) => faults.iter().map(ToString::to_string).collect(),
        Err(other) => panic!("unexpected: {other}"),
    }
}

#[test]
fn only_one_strict_json_object_is_a_body() {
    for bad in [
        "",
        "null",
        "[]",
        "\"x\"",
        "1",
        "{\"name\":",
        "{} {}",
        "{}x",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":1}//c",
        "\u{feff}{}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":1,\"b\":1}}",
        "{\"a\":\"\\u0000\"}",
        "{\"\\u0000\":1}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":1e999}",
        "{\"a\":NaN}",
    ] {
        assert_eq!(faults(bad, |_| Some(())).len(), 1, "{bad:?} should be refused");
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    assert_eq!(faults(&deep, |_| Some(())).len(), 1);
    assert!(read_object(b"{\"a\":\"\xff\"}", |_| Some(())).is_err());
    assert!(faults(" {\"a\":1}\n", |_| Some(())).is_empty());
}

#[test]
fn null_is_absent_and_faults_carry_their_path() {
    let found = faults(r#"{"a":{"b":null,"c":[{"d":1},2]}}"#, |body| {
        let a = body.member("a");
        assert!(a.member("b").is_absent() && a.has_member("b"));
        a.member("b").required();
        a.member("c").list(5, |item| item.object()?.member("d").string().map(drop));
        Some(())
    });
    assert_eq!(found, ["a.b is required", "a.c[0].d must be a string", "a.c[1] must be an object"]);
}

#[test]
fn integers_are_literals_without_fraction_or_exponent() {
    for (literal, expected) in [
        ("80", Some(80)),
        ("80.0", None),
        ("8e1", None),
        ("\"80\"", None),
        ("-1", None),
        ("4294967296", None),
    ] {
        let mut number = None;
        faults(&format!("{{\"n\":{literal}}}"), |body| {
            number = body.member("n").integer::<u32>("must be a number");
            number.map(drop)
        });
        assert_eq!(number, expected, "{literal}");
    }
}

proptest! {
    #[test]
    fn no_body_makes_the_reader_panic(body in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = read_object(&body, |at| at.member("a").string().map(drop));
    }
}
