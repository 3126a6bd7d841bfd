//! The page's content security policy as `index.html` states it, with the hashes of what stands inline.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

const META: &str = "http-equiv=\"Content-Security-Policy\"";

/// The policy that a page asks for, by directives; nothing: it asks for none.
pub fn stated(page: &str) -> Option<Vec<String>> {
    let (_, rest) = page.split_once(META)?;
    let words = rest.split_once("content=\"")?.1.split_once('"')?.0;
    Some(words.split("; ").map(str::to_owned).collect())
}

/// The page with a policy that lets each text run or style it inline, under the start of the directive given with it.
pub fn allow(page: &str, texts: &[(&str, &str)]) -> Result<String, String> {
    let mut page = page.to_owned();
    for (start, text) in texts {
        let directives = stated(&page).ok_or("index.html states no content security policy")?;
        if !directives.iter().any(|directive| directive.starts_with(start)) {
            return Err(format!("the policy of index.html has nothing that begins with {start}"));
        }
        let hash = STANDARD.encode(Sha256::digest(text.as_bytes()));
        page = page.replacen(start, &format!("{start} 'sha256-{hash}'"), 1);
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::{allow, stated};

    const PAGE: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self'\" /><style>a</style>";

    #[test]
    fn what_stands_inline_is_named_by_its_hash() {
        let page = allow(PAGE, &[("style-src 'self'", "abc")]).expect("the page has such a directive");
        // SHA-256 of "abc", FIPS 180-2, appendix B.1.
        let hash = "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='";
        let policy = ["default-src 'none'".to_owned(), format!("style-src 'self' {hash}")];
        assert_eq!(stated(&page).expect("it states one"), policy);
    }

    #[test]
    fn a_page_without_a_place_for_it_is_refused() {
        assert!(allow("<html>", &[("style-src 'self'", "abc")]).is_err());
        assert!(allow(PAGE, &[("script-src 'self'", "abc")]).is_err());
    }
}
