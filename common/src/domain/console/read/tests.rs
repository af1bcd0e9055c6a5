//! Whole files, good and bad, and rules that hold of all.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::console::manifest::Param;

/// The faults of a file, as people are told them.
fn faults(text: &str) -> Vec<String> {
    match LainYaml::parse(text) {
        Ok(good) => panic!("{good:?} should be refused"),
        Err(Error::Invalid(faults)) => faults.iter().map(ToString::to_string).collect(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn good_files_are_read_whole() {
    insta::glob!("tests/good/*.yaml", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        insta::assert_debug_snapshot!(LainYaml::parse(&text).unwrap_or_else(|error| panic!("{error}")));
    });
}

#[test]
fn bad_files_are_refused_with_all_their_faults() {
    insta::glob!("tests/bad/*.yaml", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        insta::assert_yaml_snapshot!(faults(&text));
    });
}

#[test]
fn an_instance_has_its_clients_parameters() {
    let text = include_str!("tests/good/resource-redis.yaml");
    let LainYaml::Resource(redis) = LainYaml::parse(text).unwrap() else { panic!("a resource") };
    let params = BTreeMap::from([
        ("memory".to_owned(), Param::Text("128M".to_owned())),
        ("num_instances".to_owned(), Param::Integer(3)),
    ]);
    let instance = redis.instance(&"hello".parse().unwrap(), &params).unwrap();
    assert_eq!(instance.app.as_str(), "resource.redis.hello");
    let proc = &instance.procs[0];
    assert_eq!((proc.memory.bytes, proc.instances), (128 << 20, 3));
    let bad = BTreeMap::from([("memory".to_owned(), Param::Text("much".to_owned()))]);
    let error = redis.instance(&"hello".parse().unwrap(), &bad).unwrap_err();
    assert!(error.to_string().contains("memory"), "{error}");
}

/// What needs its clients' parameters is good without them, and told for want of them where they count.
#[test]
fn a_parameter_that_is_missing_is_told_by_its_name() {
    let text = include_str!("tests/good/resource-computed.yaml");
    let LainYaml::Resource(queue) = LainYaml::parse(text).unwrap() else { panic!("a resource") };
    let instance = |params: &[(&str, Param)]| {
        let params = params.iter().map(|(name, param)| ((*name).to_owned(), param.clone())).collect();
        queue.instance(&"hello".parse().unwrap(), &params)
    };
    let (size, brokers) = (("size", Param::Integer(64)), ("brokers", Param::Integer(2)));
    let secure = ("secure", Param::Boolean(true));
    let good = instance(&[size.clone(), brokers.clone(), secure.clone()]).unwrap();
    assert_eq!((good.procs[0].instances, good.procs[0].memory.bytes), (4, 64 << 20));
    assert_eq!(good.procs[1].instances, 2);
    for (params, wanted) in [
        (vec![size.clone(), secure.clone()], "needs a value for brokers"),
        (vec![brokers.clone(), secure], "needs a value for size"),
        (vec![brokers, size, ("secure", Param::Text("maybe".to_owned()))], "worker.build.stateful (line 8)"),
    ] {
        let error = instance(&params).unwrap_err().to_string();
        assert!(error.contains(wanted) && error.contains("(line "), "{wanted}: {error}");
    }
}

#[test]
fn templates_are_rendered_as_jinja2_does_within_limits() {
    let render = |template: &str| {
        let text = format!(
            "appname: r\napptype: resource\nbuild: {{base: a, script: [b]}}\nworker:\n  cmd: \"{template}\"\n"
        );
        let resource = match LainYaml::parse(&text)? {
            LainYaml::Resource(resource) => resource,
            LainYaml::App(_) => panic!("a resource"),
        };
        let params = BTreeMap::from([
            ("n".to_owned(), Param::Integer(7)),
            ("text".to_owned(), Param::Text("3.9".to_owned())),
            ("no".to_owned(), Param::Boolean(false)),
        ]);
        let instance = resource.instance(&"c".parse().unwrap(), &params)?;
        Ok::<_, Error>(instance.procs[0].cmd.clone().unwrap().join(" "))
    };
    for (template, expected) in [
        ("x {{ n }}", "x 7"),
        ("{{ n|int(2) + 1 }}", "8"),
        ("{{ text|int }}", "3"),
        ("{{ absent|int(5) }}", "5"),
        ("{{ absent|default('d') }}", "d"),
        ("a{{ absent }}b", "ab"),
        ("{{ no }}{% if no %}!{% endif %}", "False"),
        ("{% if n > 5 %}big{% else %}small{% endif %}", "big"),
    ] {
        assert_eq!(render(template).unwrap(), expected, "{template}");
    }
    for endless in ["{% for a in range(100000) %}x{% endfor %}", "{{ n", "{{ n|nofilter }}"] {
        assert!(render(endless).is_err(), "{endless}");
    }
}

#[test]
fn templates_are_bounded_in_number_and_in_steps() {
    let file = |template: &str, count: usize| {
        let items = format!("    - \"{template}\"\n").repeat(count);
        format!("appname: a\napptype: resource\nbuild:\n  base: a\n  script:\n{items}")
    };
    for (template, count, is_good) in [
        ("{{ 1 }}", 1_000, true),
        ("{{ 1 }}", 1_001, false),
        ("{% for i in range(9999) %}{% endfor %}", 1, false),
        ("{{ 'x' * 1000000 }}", 1, false),
    ] {
        assert_eq!(LainYaml::parse(&file(template, count)).is_ok(), is_good, "{count} times {template}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        let _either = LainYaml::parse(&text);
    }

    /// A good file with a few characters changed is read, or refused with a line for each fault.
    #[test]
    fn no_slip_makes_it_panic(at in 0_usize..600, with in "\\PC{0,3}", cut in 0_usize..4) {
        let good = include_str!("tests/good/everything.yaml");
        let start = good.char_indices().map(|(index, _)| index).nth(at % good.len()).unwrap_or(0);
        let end = good.char_indices().map(|(index, _)| index).find(|index| *index >= start + cut).unwrap_or(start);
        if let Err(error) = LainYaml::parse(&format!("{}{with}{}", &good[..start], &good[end..])) {
            let Error::Invalid(faults) = error else { panic!("{error}") };
            prop_assert!(faults.iter().all(|fault| fault.field.contains("(line ")), "{faults:?}");
        }
    }
}
