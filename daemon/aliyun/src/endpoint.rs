//! Where requests go.
//!
//! Invariant: an [`Endpoint`] that exists is safe to send a signed request to: https, or http to
//! this very machine; no user info, query or fragment.

use crate::error::Error;
use reqwest::Url;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A service with its own host name (PAI-DLC fact sheet §12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// Jobs: `pai-dlc`.
    Dlc,
    /// Workspaces, datasets, images, code sources: `aiworkspace`.
    AiWorkspace,
    /// Quotas; the host word is `pai`.
    PaiStudio,
    /// Identity: `sts`.
    Sts,
}

impl Product {
    /// The first word of the host name.
    pub fn host_word(self) -> &'static str {
        match self {
            Self::Dlc => "pai-dlc",
            Self::AiWorkspace => "aiworkspace",
            Self::PaiStudio => "pai",
            Self::Sts => "sts",
        }
    }
}

/// Which side of a region's network to talk to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// The public host.
    #[default]
    Public,
    /// The host reachable from inside a VPC of the region.
    Vpc,
}

/// The base of a product's URLs.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
}

impl Endpoint {
    /// Applies the rule `https://{product}[-vpc].{region}.aliyuncs.com` (fact sheet §12).
    pub fn for_region(product: Product, region: &str, network: Network) -> Result<Self, Error> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if region.is_empty() || region.len() > 63 || !region.bytes().all(plain) {
            return Err(Error::invalid_argument(
                "region",
                "not a region id such as cn-hangzhou",
            ));
        }
        let suffix = match network {
            Network::Public => "",
            Network::Vpc => "-vpc",
        };
        Self::parse(&format!(
            "https://{}{suffix}.{region}.aliyuncs.com",
            product.host_word()
        ))
    }

    /// Reads a base URL given by the user. A path prefix is kept; anything that could leak or
    /// redirect a signed request is refused: plain http away from loopback, user info, a query,
    /// a fragment.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why| Err(Error::invalid_argument("endpoint", why));
        let Ok(url) = Url::parse(text.trim()) else {
            return refuse("not a URL");
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return refuse("plain http is allowed toward loopback only; use https"),
            _ => return refuse("the scheme must be https"),
        }
        if url.host_str().is_none_or(str::is_empty) {
            return refuse("no host");
        }
        // The parser drops an empty user info ("https://@host"), hence the look at the text.
        if text.contains('@') {
            return refuse("user info in the URL is not allowed");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("a query or fragment is not allowed in a base URL");
        }
        Ok(Self { url })
    }

    /// The value of the Host header: host, and the port unless it is the scheme's own.
    pub fn authority(&self) -> &str {
        self.url.authority()
    }

    /// The path prefix without its trailing slash; empty for an ordinary endpoint.
    pub(crate) fn prefix(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    pub(crate) fn scheme(&self) -> &str {
        self.url.scheme()
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    if let Ok(v4) = host.parse::<Ipv4Addr>() {
        return v4.is_loopback();
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(v6) = bare.parse::<Ipv6Addr>() {
        return v6.is_loopback();
    }
    host.eq_ignore_ascii_case("localhost")
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}://{}{}",
            self.scheme(),
            self.authority(),
            self.prefix()
        )
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_makes_the_documented_hosts() {
        let rows = [
            (
                Product::Dlc,
                Network::Public,
                "https://pai-dlc.cn-hangzhou.aliyuncs.com",
            ),
            (
                Product::Dlc,
                Network::Vpc,
                "https://pai-dlc-vpc.cn-hangzhou.aliyuncs.com",
            ),
            (
                Product::AiWorkspace,
                Network::Public,
                "https://aiworkspace.cn-hangzhou.aliyuncs.com",
            ),
            (
                Product::PaiStudio,
                Network::Vpc,
                "https://pai-vpc.cn-hangzhou.aliyuncs.com",
            ),
            (
                Product::Sts,
                Network::Public,
                "https://sts.cn-hangzhou.aliyuncs.com",
            ),
        ];
        for (product, network, url) in rows {
            let endpoint = Endpoint::for_region(product, "cn-hangzhou", network).unwrap();
            assert_eq!(endpoint.to_string(), url);
        }
    }

    #[test]
    fn a_region_cannot_change_the_host() {
        for region in [
            "",
            "cn.evil.example/",
            "cn hangzhou",
            "CN",
            "a@b",
            "x?y",
            "中",
        ] {
            let result = Endpoint::for_region(Product::Dlc, region, Network::Public);
            assert!(result.is_err(), "{region:?}");
        }
    }

    #[test]
    fn plain_http_reaches_loopback_only() {
        for good in [
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:1/",
            "http://localhost:80",
            "http://LOCALHOST",
            "https://example.com:8443/prefix/",
        ] {
            assert!(Endpoint::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://pai-dlc.cn-hangzhou.aliyuncs.com",
            "http://10.0.0.1",
            "http://128.0.0.1",
            "http://0.0.0.0",
            "http://[::ffff:127.0.0.1]",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "ftp://127.0.0.1",
            "unix:/run/x",
            "https://user@host",
            "https://user:pw@host",
            "https://@host",
            "https://host/?q=1",
            "https://host/?",
            "https://host/#f",
            "",
            "pai-dlc.cn-hangzhou.aliyuncs.com",
        ] {
            let error = Endpoint::parse(bad).expect_err(bad);
            assert_eq!(error.effect(), crate::Effect::None);
        }
    }

    #[test]
    fn authority_leaves_the_default_port_out() {
        let authority = |text| Endpoint::parse(text).unwrap().authority().to_owned();
        assert_eq!(authority("https://h.example:443"), "h.example");
        assert_eq!(authority("https://h.example:8443/x"), "h.example:8443");
        assert_eq!(authority("http://[::1]:80/"), "[::1]");
    }
}
