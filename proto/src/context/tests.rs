use std::{collections::HashMap, fs};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// A home with these files, and an environment in it.
struct Home {
    dir: TempDir,
    variables: HashMap<&'static str, PathBuf>,
}

impl Home {
    fn new(files: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        let variables = HashMap::from([("HOME", dir.path().to_owned())]);
        Self { dir, variables }
    }

    fn set(mut self, key: &'static str, value: &str) -> Self {
        self.variables.insert(key, value.into());
        self
    }

    fn chosen(&self, option: Option<&str>) -> Result<Chosen, ContextError> {
        let option: Option<Name> = option.map(|name| name.parse().unwrap());
        chosen(option.as_ref(), &|key| self.variables.get(key).cloned())
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }
}

const SETTINGS: &str = ".config/aliyun-pai/settings.json";
const WORK: &str = ".config/aliyun-pai/contexts/work.json";
const OTHER: &str = ".config/aliyun-pai/contexts/other.json";

#[test]
fn the_command_line_goes_before_the_variable_the_path_and_the_default() {
    let home = || Home::new(&[SETTINGS, WORK, OTHER]);
    let of = |home: Home, option| {
        let Chosen { name, path, by } = home.chosen(option).unwrap();
        let path = path.strip_prefix(home.dir.path()).map(Path::to_owned);
        let path = path.unwrap().to_str().unwrap().to_owned();
        (name.map(|name| name.to_string()), path, by)
    };
    let path = home();
    let given = path.path("mine.json").to_str().unwrap().to_owned();
    let path = path.set("ALIYUN_PAI_SETTINGS_PATH", &given);
    let default = Some("default".to_owned());
    assert_eq!(of(home(), None), (default, SETTINGS.into(), By::Default));
    assert_eq!(of(path, None), (None, "mine.json".into(), By::Path));
    let set = || {
        let home = home().set(VARIABLE, "other");
        home.set("ALIYUN_PAI_SETTINGS_PATH", "/nowhere.json")
    };
    let other = Some("other".to_owned());
    assert_eq!(of(set(), None), (other, OTHER.into(), By::Variable));
    let work = Some("work".to_owned());
    assert_eq!(of(set(), Some("work")), (work, WORK.into(), By::Option));
    let default = Some("default".to_owned());
    assert_eq!(
        of(set(), Some("default")),
        (default, SETTINGS.into(), By::Option)
    );
}

#[test]
fn one_whose_file_is_not_there_names_those_that_are() {
    let home = Home::new(&[SETTINGS, WORK]);
    let error = home.chosen(Some("wrok")).unwrap_err();
    assert!(
        error.to_string().starts_with("there is no context `wrok`"),
        "{error}"
    );
    assert!(error.to_string().contains("contexts/wrok.json"), "{error}");
    assert!(
        error.hint().contains("`default`, `work`;"),
        "{}",
        error.hint()
    );
    let nothing = Home::new(&[]).set(VARIABLE, "default");
    let error = nothing.chosen(None).unwrap_err();
    assert!(error.hint().contains(SETTINGS), "{}", error.hint());
}

#[test]
fn the_built_in_one_lies_in_the_state_folder_and_names_the_way_to_it() {
    let home = Home::new(&[SETTINGS]);
    let error = home.chosen(Some("local")).unwrap_err();
    assert!(
        error.hint().contains("`paictl local up`"),
        "{}",
        error.hint()
    );
    let home = Home::new(&["state/local/settings.json"]);
    let state = home.path("state").to_str().unwrap().to_owned();
    let home = home.set("PAI_STATE_DIR", &state);
    let chosen = home.chosen(Some("local")).unwrap();
    assert_eq!(chosen.path, home.path("state/local/settings.json"));
}

#[test]
fn a_variable_that_holds_no_name_is_told_as_such() {
    let home = Home::new(&[SETTINGS]).set(VARIABLE, "../settings");
    let error = home.chosen(None).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("PAI_CONTEXT: `../settings` is no name"),
        "{error}"
    );
    let homeless = chosen(None, &|_| None).unwrap_err();
    assert!(matches!(homeless, ContextError::Path(_)));
}

#[test]
fn the_list_has_the_built_in_ones_first_and_no_file_of_our_own_keys() {
    let in_folder = |name: &str| format!(".config/aliyun-pai/contexts/{name}");
    let files: Vec<_> = [
        "work.json",
        "a.json",
        "work.pai.json",
        "pai.json",
        "PAI.json",
        ".hidden.json",
        "local.json",
        "notes.txt",
        "a b.json",
    ]
    .map(in_folder)
    .into();
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let home = Home::new(&files);
    let known = all(&|key| home.variables.get(key).cloned()).unwrap();
    let known: Vec<_> = known
        .iter()
        .map(|known| (known.name.as_str(), known.there))
        .collect();
    assert_eq!(
        known,
        [
            ("default", false),
            ("local", false),
            ("a", true),
            ("work", true)
        ]
    );
}

#[test]
fn names_are_plain() {
    let long = "a".repeat(NAME_MAX);
    for name in ["work", "gpu-8", "a_b.c", "2", "paid", "x.pai2", &long] {
        assert!(name.parse::<Name>().is_ok(), "{name}");
    }
    let longer = "a".repeat(NAME_MAX + 1);
    for text in [
        "", ".", "..", ".x", "a/b", "a\\b", "a b", "pai", "Pai", "x.pai", "x.PAI", "ä", "a\0",
        &longer,
    ] {
        let error = text.parse::<Name>().unwrap_err();
        assert!(
            error.to_string().contains("is no name of a context"),
            "{error}"
        );
    }
}

proptest! {
    #[test]
    fn no_name_leads_out_of_the_folder(text in "[./a-zA-Z~\\\\ ]{0,12}|.{0,70}") {
        if let Ok(name) = text.parse::<Name>() {
            let env = |key: &str| (key == "HOME").then(|| PathBuf::from("/home/me"));
            let path = name.path(&env).unwrap();
            let folders = ["/home/me/.config/aliyun-pai", "/home/me/.local/state/pai/local"];
            let parent = path.parent().unwrap();
            prop_assert!(
                parent == Path::new("/home/me/.config/aliyun-pai/contexts")
                    || folders.iter().any(|folder| path == Path::new(folder).join("settings.json"))
            );
            prop_assert!(!path.ends_with("pai.json"));
        }
    }
}
