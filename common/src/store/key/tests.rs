//! Ranges hold what they should, and keys tell whose they are.

use super::*;
use proptest::prelude::*;

fn names() -> impl Strategy<Value = (AppName, ServiceName)> {
    ("[a-z][a-z0-9]{0,4}", "[a-z]([-a-z0-9]{0,4}[a-z0-9])?")
        .prop_map(|(app, service)| (app.parse().unwrap(), service.parse().unwrap()))
}

fn service_id(app: AppName, service: ServiceName) -> ServiceId {
    ServiceId { region: "xq".parse().unwrap(), project: "p".parse().unwrap(), app, service }
}

proptest! {
    #[test]
    fn a_range_holds_exactly_its_own_items((app, service) in names(), (other_app, other_service) in names()) {
        let other = service_id(other_app.clone(), other_service.clone());
        let within = |(first, last): &(String, String), key: &Key| *first <= key.sk && key.sk <= *last;
        let whole_app = app_range(&app);
        let one_service = service_range(&app, &service);
        for key in [Key::service(&other), Key::status(&Subject::Service(other.clone()))] {
            prop_assert_eq!(within(&whole_app, &key), other_app == app);
            prop_assert_eq!(within(&one_service, &key), (&other_app, &other_service) == (&app, &service));
        }
        let app_key = Key::app(&other.project_id(), &other_app);
        prop_assert_eq!(within(&whole_app, &app_key), other_app == app);
        prop_assert!(!within(&one_service, &app_key));
    }

    #[test]
    fn a_key_tells_its_subject((app, service) in names()) {
        let id = service_id(app, service);
        let service = Subject::Service(id.clone());
        for key in [Key::service(&id), Key::status(&service)] {
            prop_assert_eq!(subject(&key.pk, &key.sk), Some(service.clone()));
        }
        let project = id.project_id();
        let Key { pk, sk } = Key::project(&project);
        prop_assert_eq!(subject(&pk, &sk), Some(Subject::Project(project)));
    }

    #[test]
    fn a_range_of_console_apps_holds_exactly_its_own_items(
        app in "[a-z][a-z0-9]{0,3}(-[a-z0-9]{1,2})?", other in "[a-z][a-z0-9]{0,3}(-[a-z0-9]{1,2})?"
    ) {
        let [app, other]: [console::name::AppName; 2] = [app.parse().unwrap(), other.parse().unwrap()];
        let instance = app.instance_for(&other).unwrap();
        let within = |(first, last): &(String, String), key: &Key| *first <= key.sk && key.sk <= *last;
        for named in [&other, &instance] {
            let id = AppId { region: "xq".parse().unwrap(), app: named.clone() };
            let one = Subject::App(id.clone());
            for key in [Key::console_app(&id), Key::status(&one)] {
                prop_assert_eq!(within(&console_app_range(&app), &key), named == &app);
                prop_assert_eq!(within(&instances_range(&app), &key), named == &instance);
                prop_assert_eq!(subject(&key.pk, &key.sk), Some(one.clone()));
            }
        }
    }

    #[test]
    fn due_times_sort_as_they_pass(one in 0_i64..=99_999_999_999, other in 0_i64..=99_999_999_999) {
        prop_assert_eq!(due_time(one).cmp(&due_time(other)), one.cmp(&other));
    }
}
