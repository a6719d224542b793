//! Which texts are host names, and how names in other scripts are written for the resolver.

/// The longest name there is, in bytes, its last dot aside.
const NAME_MAX: usize = 253;
/// The longest label (what stands between two dots), in bytes.
const LABEL_MAX: usize = 63;

/// A host name as the resolver takes it: letters, digits, hyphens and underscores between dots.
/// A name with other characters is mapped and encoded as UTS 46 says (IDNA, nontransitional); an ASCII
/// name stays as it is. `None` if the text is no host name.
///
/// ```
/// use wippy_dispatcher::net::host_name;
///
/// assert_eq!(host_name("bücher.example").as_deref(), Some("xn--bcher-kva.example"));
/// assert_eq!(host_name("two words"), None);
/// ```
pub fn host_name(name: &str) -> Option<String> {
    // Mapping shortens few names, and none to a quarter: this one is too long whatever it maps to.
    if name.chars().nth(4 * NAME_MAX).is_some() {
        return None;
    }
    let name = match name.is_ascii() {
        true => name.to_owned(),
        false => idna::domain_to_ascii(name).ok()?,
    };
    is_name(&name).then_some(name)
}

fn is_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        (1..=LABEL_MAX).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name.len() <= NAME_MAX && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_taken_as_they_are_and_others_not() {
        for name in ["localhost", "a.b-c.example.", "_srv.example", "1.2.3.4.5"] {
            assert_eq!(host_name(name).as_deref(), Some(name));
        }
        let (long, longer) = ("a".repeat(LABEL_MAX + 1), "a.".repeat(128));
        for name in [
            "", ".", "a..b", "a b", "a\0b", "[::1]", "a:80", &long, &longer,
        ] {
            assert_eq!(host_name(name), None, "{name:?}");
        }
    }

    #[test]
    fn other_scripts_are_encoded() {
        for (name, expected) in [
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.Example", "xn--bcher-kva.example"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"),
            ("straße.example", "xn--strae-oqa.example"),
            ("ｅｘａｍｐｌｅ", "example"),
            ("münchen", "xn--mnchen-3ya"),
            ("παράδειγμα", "xn--hxajbheg2az3al"),
            ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
            ("☃.net", "xn--n3h.net"),
        ] {
            assert_eq!(host_name(name).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(host_name(&"ä".repeat(100)), None);
        assert_eq!(host_name("ä b"), None);
        assert_eq!(host_name(&"\u{10ffff}".repeat(250)), None);
    }
}
