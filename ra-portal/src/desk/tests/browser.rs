//! A browser without scripts: a cookie, forms, redirects that are followed.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use policy::Role;

use crate::site::html_check;
use crate::world::{Answer, MACHINES, World};

/// Somebody at the desk.
pub(super) struct Browser<'a> {
    pub(super) world: &'a World,
    pub(super) cookie: Option<String>,
}

/// Number of the officer of that role in the world of the tests.
pub(super) fn number(role: Role) -> String {
    let position = Role::ALL.iter().position(|one| *one == role).unwrap();
    format!("OP-{:04}", position + 1)
}

impl<'a> Browser<'a> {
    /// Signed in by choosing an invented officer.
    pub(super) async fn of(world: &'a World, role: Role) -> Self {
        Self::numbered(world, &number(role)).await
    }

    /// The same by number.
    pub(super) async fn numbered(world: &'a World, number: &str) -> Self {
        let mut browser = Self {
            world,
            cookie: None,
        };
        let answer = browser
            .post("/desk/sign-in/demonstration", &[("number", number)])
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let cookie = answer.header(header::SET_COOKIE).split(';').next().unwrap();
        assert!(
            answer
                .header(header::SET_COOKIE)
                .contains("HttpOnly; SameSite=Lax")
        );
        browser.cookie = Some(cookie.to_owned());
        browser
    }

    fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("sec-fetch-site", "same-origin");
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    /// A page, which must be what every page must be.
    pub(super) async fn get(&self, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        let answer = self.world.send(request.body(Body::empty()).unwrap()).await;
        if answer.header(header::CONTENT_TYPE).starts_with("text/html") {
            if let Err(what) = html_check::check(&answer.body, MACHINES) {
                panic!("{path}: {what}");
            }
            assert!(
                answer.body.len() <= 60 * 1024,
                "{path}: {}",
                answer.body.len()
            );
        }
        answer
    }

    /// A form without files.
    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(Body::from(body.join("&"))).unwrap();
        self.world.send(request).await
    }

    /// A form with one file.
    pub(super) async fn upload(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        file: Option<&[u8]>,
    ) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(
                format!(
                    "--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                )
                .as_bytes(),
            );
        }
        if let Some(file) = file {
            body.extend(b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../x\"\r\nContent-Type: image/png\r\n\r\n");
            body.extend(file);
            body.extend(b"\r\n");
        }
        body.extend(b"--x--\r\n");
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
        self.world
            .send(request.body(Body::from(body)).unwrap())
            .await
    }

    /// Follows the redirect of a form to its page.
    pub(super) async fn follow(&self, answer: Answer) -> (String, Answer) {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let path = answer.header(header::LOCATION).to_owned();
        let page = self.get(&path).await;
        (path, page)
    }

    /// Signs the act that a form led to with the marked key, and shows what came of it.
    pub(super) async fn sign(&self, offered: Answer) -> Answer {
        let (path, page) = self.follow(offered).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.body.contains("以演示密钥签名"), "{}", page.body);
        let signed = self.post(&format!("{path}/demonstration"), &[]).await;
        self.follow(signed).await.1
    }
}

impl Browser<'_> {
    /// Signs an act on many certificates with the marked key; its page afterwards.
    pub(super) async fn sign_mass(&self, offered: Answer) -> Answer {
        let (path, page) = self.follow(offered).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let signed = self.post(&format!("{path}/demonstration"), &[]).await;
        self.follow(signed).await.1
    }
}

/// Percent-encoded for a form.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// What stands between two texts of a page, the first time.
pub(super) fn between<'b>(body: &'b str, before: &str, after: &str) -> &'b str {
    let (_, rest) = body
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {body}"));
    rest.split_once(after).unwrap().0
}
