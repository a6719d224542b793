//! What can be a host name, and names in other scripts as the resolver takes them.

/// The longest name there is, in bytes, its last dot aside.
const NAME_MAX: usize = 253;
/// The longest part of a name, in bytes.
const LABEL_MAX: usize = 63;

/// A host name as the resolver takes it: letters, digits, hyphens and underscores between dots.
/// Parts in other scripts are put into lower case and encoded (Punycode, RFC 3492); they are taken
/// as they are spelt, without normalisation. `None` is no host name.
pub fn host_name(name: &str) -> Option<String> {
    // No name gets shorter by its encoding.
    if name.chars().nth(NAME_MAX + 1).is_some() {
        return None;
    }
    let labels: Option<Vec<String>> = name
        // The dots of East Asian scripts are dots here.
        .split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'])
        .map(|label| match label.is_ascii() {
            true => Some(label.to_owned()),
            false => encode(&label.to_lowercase()).map(|label| format!("xn--{label}")),
        })
        .collect();
    labels
        .map(|labels| labels.join("."))
        .filter(|name| is_name(name))
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

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;

/// Punycode; `None` where a number overflows or the label gets too long.
fn encode(label: &str) -> Option<String> {
    let mut output: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(output.len()).ok()?;
    if basic > 0 {
        output.push('-');
    }
    let total = u32::try_from(label.chars().count()).ok()?;
    let (mut n, mut delta, mut bias, mut handled) = (INITIAL_N, 0u32, INITIAL_BIAS, basic);
    while handled < total {
        let next = label.chars().map(u32::from).filter(|&c| c >= n).min()?;
        let step = (next - n).checked_mul(handled.checked_add(1)?)?;
        delta = delta.checked_add(step)?;
        n = next;
        for c in label.chars().map(u32::from) {
            if c < n {
                delta = delta.checked_add(1)?;
            }
            if c == n {
                variable_length(delta, bias, &mut output)?;
                bias = adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        if output.len() > LABEL_MAX {
            return None;
        }
        delta = delta.checked_add(1)?;
        n = n.checked_add(1)?;
    }
    Some(output)
}

fn variable_length(delta: u32, bias: u32, output: &mut String) -> Option<()> {
    let (mut rest, mut k) = (delta, BASE);
    loop {
        let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if rest < threshold {
            output.push(digit(rest)?);
            return Some(());
        }
        let range = BASE - threshold;
        output.push(digit(threshold + (rest - threshold) % range)?);
        rest = (rest - threshold) / range;
        k = k.checked_add(BASE)?;
    }
}

fn digit(value: u32) -> Option<char> {
    char::from_digit(value.checked_sub(26).unwrap_or(value + 10), BASE).filter(|_| value < BASE)
}

fn adapt(delta: u32, handled: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / handled.max(1);
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
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
            ("BÜCHER.Example", "xn--bcher-kva.Example"),
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
