//! What the compiler does not hold: sizes, docs, manifests, the shape of the functions, and what is not to be there.

mod names;
mod source;

use proc_macro2::Delimiter;

use self::source::{File, each_run, files, group, has_extension, is, root, rust_files, tokens};

/// How long a file may be, by the start of its path; the first that fits counts.
const LINES_MAX: [(&str, usize); 2] = [("tests/", 400), ("", 300)];
const MAIN_LINES_MAX: usize = 10;
/// The one place of the tests that waits for time to pass.
const WAIT: &str = "tests/it/support/wait.rs";

#[test]
fn files_are_short_enough_to_be_read() {
    let too_long = |file: &File| {
        let (_, max) = LINES_MAX.iter().find(|(start, _)| file.path.starts_with(start)).unwrap();
        let lines = file.text.lines().count();
        (lines > *max).then(|| format!("{} has {lines} lines, and {max} are the most", file.path))
    };
    nothing(rust_files().iter().filter_map(too_long));
}

#[test]
fn files_begin_with_what_they_are() {
    let undocumented = |file: &&File| !file.path.ends_with("/tests.rs") && !file.text.starts_with("//! ");
    nothing(rust_files().iter().filter(undocumented).map(|file| &file.path));
}

#[test]
fn modules_are_named_by_their_files() {
    nothing(rust_files().iter().filter(|file| file.path.ends_with("/mod.rs")).map(|file| &file.path));
}

#[test]
fn only_the_root_manifest_has_versions_and_lint_levels() {
    for manifest in manifests() {
        assert!(
            manifest.text.contains("\n[lints]\nworkspace = true\n"),
            "{} has lints of its own",
            manifest.path
        );
        let mut section = "";
        for line in manifest.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('[') {
                section = line;
            } else if section.contains("dependencies") || line.starts_with("version") {
                assert!(line.contains("workspace = true"), "{} {section}: {line}", manifest.path);
            }
        }
        assert!(!manifest.text.contains("dependencies."), "{}: one line for each dependency", manifest.path);
    }
}

/// A function is a library, which the tests and the local stack use, and a `main` that only starts it.
#[test]
fn functions_are_libraries_with_a_short_main() {
    let functions = manifests().into_iter().filter(|manifest| manifest.path.starts_with("functions/"));
    for manifest in functions {
        let folder = root().join(&manifest.path).parent().unwrap().to_owned();
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let (lib, main) = (read("src/lib.rs"), read("src/main.rs"));
        let is_entered =
            lib.contains("\npub fn routes() -> Routes {\n") || lib.contains("    pub async fn on_event(");
        assert!(is_entered, "{} has neither routes nor a handler of events", folder.display());
        let lines = main.lines().count();
        assert!(lines <= MAIN_LINES_MAX, "the main.rs of {} has {lines} lines", folder.display());
        let starts = main.contains("common::runtime::serve(") || main.contains("common::runtime::handle(");
        assert!(starts, "the main.rs of {} starts no function", folder.display());
    }
}

#[test]
fn no_file_knows_a_machine() {
    let paths = ["work", "root", "home"].map(|folder| format!("/{folder}/"));
    for file in files("") {
        for (number, line) in file.text.lines().enumerate() {
            let names_one = paths.iter().any(|path| is_absolute_in(line, path));
            assert!(!names_one, "{}:{}: {line}", file.path, number + 1);
        }
    }
}

#[test]
fn nothing_is_left_out_or_left_to_be_done() {
    let left = |file: &File| left_in(&file.text).map(|what| format!("{}: {what}", file.path));
    nothing(rust_files().iter().filter_map(left));
}

#[test]
fn tests_wait_for_what_they_wait_for_and_not_for_time() {
    let tests = rust_files().into_iter().filter(|file| file.path.starts_with("tests/") && file.path != WAIT);
    nothing(tests.filter(|file| sleeps(&file.text)).map(|file| file.path));
}

#[test]
fn planted_leftovers_are_found() {
    for planted in [
        "#[test]\n#[ignore]\nfn f() {}",
        "mod tests { #[ignore = \"slow\"] fn f() {} }",
        "fn f() { todo!() }",
        "fn f() { g(unimplemented!(\"later\")) }",
    ] {
        assert!(left_in(planted).is_some(), "{planted}");
    }
    assert_eq!(left_in("// #[ignore] todo!()\nfn ignore(todo: bool) { f(!todo); \"todo!\"; }"), None);
    assert!(sleeps("async fn f() { tokio::time::sleep(SECOND).await }"));
    let work = format!("/{}/", "work");
    assert!(is_absolute_in(&format!("cd {work}main"), &work));
    assert!(!is_absolute_in(&format!("get /apps{work}microservices"), &work));
    assert!(!sleeps("/// sleep(1)\nfn f() { \"sleep(1)\"; let sleep = 1; }"));
}

/// Whether a path begins in the line, rather than goes on.
fn is_absolute_in(line: &str, path: &str) -> bool {
    let goes_on =
        |before: &str| before.ends_with(|char: char| char.is_alphanumeric() || "}._-".contains(char));
    line.match_indices(path).any(|(start, _)| !goes_on(&line[..start]))
}

fn left_in(text: &str) -> Option<&'static str> {
    let mut found = None;
    each_run(tokens(text), &mut |run| {
        for (index, token) in run.iter().enumerate() {
            let next = run.get(index + 1);
            let ignored = next.and_then(|next| group(next, Delimiter::Bracket));
            let ignored = ignored.and_then(|attribute| attribute.stream().into_iter().next());
            if is(Some(token), "#") && is(ignored.as_ref(), "ignore") {
                found = Some("an ignored test");
            }
            let undone = ["todo", "unimplemented"].iter().any(|word| is(Some(token), word));
            if undone && is(next, "!") {
                found = Some("something to be done");
            }
        }
    });
    found
}

fn sleeps(text: &str) -> bool {
    let mut found = false;
    each_run(tokens(text), &mut |run| {
        let calls =
            |pair: &[_]| is(pair.first(), "sleep") && group(&pair[1], Delimiter::Parenthesis).is_some();
        found |= run.windows(2).any(calls);
    });
    found
}

/// The manifests of the packages.
fn manifests() -> Vec<File> {
    let mut manifests = files("");
    manifests.retain(|file| file.path.ends_with("/Cargo.toml"));
    assert!(manifests.iter().all(|file| has_extension(&file.path, "toml")) && manifests.len() > 8);
    manifests
}

#[track_caller]
fn nothing<T: std::fmt::Display>(found: impl Iterator<Item = T>) {
    let found: Vec<String> = found.map(|what| what.to_string()).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}
