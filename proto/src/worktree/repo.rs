//! Addresses of repositories: without what is secret in them, and compared leniently.

/// The address without user, password, token and query; empty where it cannot be told what in it is secret.
pub(super) fn without_secrets(url: &str) -> String {
    let address = match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = split(rest);
            match host_and_port(authority) {
                (host, "") => format!("{scheme}://{host}{path}"),
                (host, port) if is_number(port) => format!("{scheme}://{host}:{port}{path}"),
                // No port but the beginning of a password that has a slash.
                _ => return String::new(),
            }
        }
        None => match scp(url) {
            Some((host, path)) => format!("{host}:{path}"),
            // A path of this machine.
            None => url.to_owned(),
        },
    };
    // What stands before it may be a part of a password.
    if address.contains('@') {
        return String::new();
    }
    address.split(['?', '#']).next().unwrap_or_default().into()
}

/// Whether two addresses mean the same repository: scheme, user, port, `.git` and letter case do not count.
pub(super) fn same(one: &str, other: &str) -> bool {
    canonical(one) == canonical(other)
}

fn canonical(url: &str) -> String {
    let url = without_secrets(url);
    let (host, path) = match url.split_once("://") {
        Some((_, rest)) => {
            let (authority, path) = split(rest);
            (host_and_port(authority).0, path)
        }
        None => scp(&url).unwrap_or(("", &url)),
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    format!("{host}/{path}").to_lowercase()
}

/// `host` and `path` of `user@host:path`.
fn scp(url: &str) -> Option<(&str, &str)> {
    let (front, path) = url.split_once(':')?;
    let host = front.rsplit('@').next().unwrap_or(front);
    (!front.contains('/')).then_some((host, path))
}

/// What stands before the first slash, and the rest with it.
fn split(rest: &str) -> (&str, &str) {
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}

/// Of `user:password@host:port`; the port is empty where there is none.
fn host_and_port(authority: &str) -> (&str, &str) {
    let host = authority.rsplit('@').next().unwrap_or(authority);
    host.split_once(':').unwrap_or((host, ""))
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn users_passwords_tokens_and_queries_are_left_out() {
        for (url, clean) in [
            ("https://host/team/repo.git", "https://host/team/repo.git"),
            ("https://me:ghp_secret@host/r.git", "https://host/r.git"),
            ("https://oauth2@host:8443/r", "https://host:8443/r"),
            ("https://me:p@ss@host/r", "https://host/r"),
            ("https://me:pa/ss@host/r", ""),
            ("https://me:12/ss@host/r", ""),
            ("https://me:pa/ss", ""),
            ("me:pass@host:r", ""),
            (
                "https://host/r.git?private_token=secret",
                "https://host/r.git",
            ),
            ("https://host/r#x", "https://host/r"),
            ("ssh://git@host:22/r.git", "ssh://host:22/r.git"),
            ("git@host:team/repo.git", "host:team/repo.git"),
            ("host:repo", "host:repo"),
            ("/srv/git/repo.git", "/srv/git/repo.git"),
            ("./a:b", "./a:b"),
            ("file:///srv/repo", "file:///srv/repo"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(url), clean, "{url}");
        }
    }

    #[test]
    fn one_repository_may_be_written_in_many_ways() {
        let ways = [
            "https://codeup.aliyun.com/team/Repo.git",
            "https://me:secret@codeup.aliyun.com/team/repo",
            "http://codeup.aliyun.com:8080/team/repo/",
            "git@codeup.aliyun.com:team/repo.git",
            "ssh://git@codeup.aliyun.com:22/team/repo.git",
            "codeup.aliyun.com:/team/repo",
        ];
        for way in ways {
            assert!(same(ways[0], way), "{way}");
        }
        for other in [
            "https://codeup.aliyun.com/team/repo2",
            "https://other/team/repo",
            "/team/repo",
            "",
        ] {
            assert!(!same(ways[0], other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_password_gets_out(
            password in "[a-zA-Z0-9@:/?#+.~%-]{0,6}S3CRET[a-zA-Z0-9@:/?#+.~%-]{0,6}",
            path in "[a-z/]{0,9}",
        ) {
            let clean = without_secrets(&format!("https://me:{password}@host/{path}"));
            prop_assert!(!clean.contains("S3CRET"), "{}", clean);
            prop_assert_eq!(without_secrets(&clean), clean.clone());
        }

        #[test]
        fn any_text_is_read(url in ".{0,40}") {
            prop_assert!(same(&url, &without_secrets(&url)));
        }
    }
}
