use super::*;
use crate::domain::name::RegionName;
use proptest::prelude::*;

fn region() -> Region {
    Region::with_defaults("xq".parse::<RegionName>().unwrap(), "one".to_owned(), None)
}

fn definition(image: &str) -> Definition {
    serde_json::from_value(serde_json::json!({
        "resourceSpec": "1U1G",
        "containers": [{
            "name": "c0", "image": image, "workingDir": "", "command": [], "args": [],
            "volumeMounts": [], "configs": [], "envs": [],
        }],
    }))
    .unwrap()
}

fn service(shape: Shape) -> Service {
    let new =
        NewService { name: "web".parse().unwrap(), shape, definition: definition("nginx:1"), ports: vec![] };
    let id: ServiceId =
        serde_json::from_str(r#"{"region":"xq","project":"p","app":"a","service":"web"}"#).unwrap();
    new.into_service(id, Uid::random(), Timestamp::UNIX_EPOCH)
}

fn stateless(instances: u64) -> Service {
    service(Shape::Stateless { instances: Instances::try_from(instances).unwrap() })
}

#[track_caller]
fn changed(transition: Transition) -> Service {
    match transition {
        Transition::Changed(next) | Transition::Revised(next, _) => *next,
        Transition::Unchanged => panic!("nothing changed"),
    }
}

#[test]
fn stopping_keeps_the_number_of_instances_for_the_next_start() {
    let running = stateless(3);
    let stopped = changed(running.stop());
    assert_eq!((stopped.desired, stopped.shape, stopped.generation), (Desired::Stopped, running.shape, 2));
    let scaled = changed(stopped.scale(Instances::try_from(5).unwrap(), &region()).unwrap());
    assert_eq!((scaled.desired, scaled.shape.instances()), (Desired::Stopped, 5));
    let started = changed(scaled.start());
    assert_eq!((started.desired, started.shape.instances(), started.generation), (Desired::Started, 5, 4));
}

#[test]
fn what_is_so_already_changes_nothing() {
    let running = stateless(3);
    assert_eq!(running.start(), Transition::Unchanged);
    assert_eq!(running.set_ports(vec![]), Transition::Unchanged);
    assert_eq!(running.scale(Instances::try_from(3).unwrap(), &region()).unwrap(), Transition::Unchanged);
    assert_eq!(running.redefine(running.definition.clone(), Timestamp::UNIX_EPOCH), Transition::Unchanged);
}

#[test]
fn only_a_new_definition_makes_a_revision() {
    let running = stateless(3);
    let ports = vec![Port { port: 80.try_into().unwrap(), protocol: Protocol::Tcp }];
    for next in [running.stop(), running.set_ports(ports)] {
        let next = changed(next);
        assert_eq!((next.revision, next.template_generation), (RevisionNumber::FIRST, 1));
    }
    let Transition::Revised(next, revision) = running.redefine(definition("nginx:2"), Timestamp::UNIX_EPOCH)
    else {
        panic!("a new definition is a new revision");
    };
    assert_eq!((revision.number.get(), &revision.definition), (2, &next.definition));
    assert_eq!((next.generation, next.template_generation), (2, 2));
}

#[test]
fn scaling_is_refused_for_stateful_services_first_and_then_beyond_the_limit() {
    let many = Instances::try_from(101).unwrap();
    assert!(matches!(
        service(Shape::Stateful).scale(many, &region()),
        Err(Error::ServiceNotStateless { .. })
    ));
    assert!(matches!(stateless(1).scale(many, &region()), Err(Error::QuotaExceeded { limit: 100, .. })));
}

proptest! {
    #[test]
    fn every_change_is_exactly_one_generation(counts in proptest::collection::vec(1_u64..6, 1..20)) {
        let mut service = stateless(1);
        for count in counts {
            let before = service.clone();
            match service.scale(Instances::try_from(count).unwrap(), &region()).unwrap() {
                Transition::Unchanged => prop_assert_eq!(u64::from(before.shape.instances()), count),
                other @ (Transition::Changed(_) | Transition::Revised(..)) => service = changed(other),
            }
            prop_assert!(service.generation - before.generation <= 1);
            prop_assert_eq!(u64::from(service.shape.instances()), count);
        }
    }

    #[test]
    fn instance_counts_are_positive_and_fit_32_bits(number in any::<u64>()) {
        prop_assert_eq!(Instances::try_from(number).is_ok(), (1..=i32::MAX as u64).contains(&number));
    }
}
