//! What the registry is shown, and how often it is asked for that.

use common::outbound::Password;
use common::registry::{Credentials, Registry};

use super::{YAML, with_a_layer_elsewhere};
use crate::support::{Answering, Images};

/// A registry that demands the token which its token endpoint, a registry of its own, gives.
async fn demanding(token: &str) -> (Images, Images) {
    let (images, tokens) = (Images::start().await, Images::start().await);
    images.put("hello", "1-a", YAML);
    give(&images, &tokens, token);
    (images, tokens)
}

fn give(images: &Images, tokens: &Images, token: &str) {
    let challenge = format!(r#"Bearer realm="http://{}/token",service="r""#, tokens.address);
    images.demand(token, &challenge);
    tokens.answer("/token", Answering::With(200, None, format!(r#"{{"token":"{token}"}}"#)));
}

async fn deploy(registry: &Registry) -> String {
    assert!(registry.tags("hello").await.unwrap().is_some());
    registry.lain_yaml("hello", &"1-a".parse().unwrap()).await.unwrap()
}

/// The way of registries on the public internet: a challenge, and a token from where it says.
#[tokio::test]
async fn a_challenge_is_met_once() {
    let (images, tokens) = demanding("first-token").await;
    let credentials = Credentials::Basic { user: "u".to_owned(), password: Password("secret".to_owned()) };
    let registry = Registry::new(&images.address, credentials).unwrap();
    assert_eq!(deploy(&registry).await, YAML);
    let asked = images.take_asked();
    assert_eq!(asked.len(), 4, "the tags twice, the manifest and the layer once: {asked:?}");
    assert_eq!(tokens.take_asked(), ["/token"]);
    let shown = format!("{registry:?}");
    assert!(!shown.contains("secret") && !shown.contains("first-token"), "{shown}");

    // One that is no longer good is replaced.
    give(&images, &tokens, "second-token");
    assert_eq!(deploy(&registry).await, YAML);
    assert_eq!((images.take_asked().len(), tokens.take_asked().len()), (4, 1));

    // A token is for one repository.
    images.put("other", "1-a", YAML);
    assert!(registry.tags("other").await.unwrap().is_some());
    assert_eq!((images.take_asked().len(), tokens.take_asked().len()), (2, 1));
}

#[tokio::test]
async fn without_a_token_there_is_no_answer() {
    let (images, tokens) = demanding("first-token").await;
    let registry = Registry::new(&images.address, Credentials::Anonymous).unwrap();
    for answer in [
        Answering::With(401, None, String::new()),
        Answering::With(200, None, "<html>".to_owned()),
        Answering::With(200, None, r#"{"token":1}"#.to_owned()),
        Answering::With(200, None, r#"{"token":"another"}"#.to_owned()),
        Answering::Endlessly,
    ] {
        tokens.answer("/token", answer.clone());
        assert!(registry.tags("hello").await.is_err(), "{answer:?}");
    }
    for challenge in ["Basic realm=\"r\"", "Bearer realm=\"no url\"", "Bearer"] {
        images.demand("first-token", challenge);
        assert!(registry.tags("hello").await.is_err(), "{challenge}");
    }
}

#[tokio::test]
async fn credentials_stay_where_they_belong() {
    let (images, store, _blob) = with_a_layer_elsewhere().await;
    let credentials = Credentials::Basic { user: "u".to_owned(), password: Password("secret".to_owned()) };
    let registry = Registry::new(&images.address, credentials).unwrap();
    assert_eq!(registry.lain_yaml("hello", &"1-a".parse().unwrap()).await.unwrap(), YAML);
    assert_eq!(images.take_shown(), [true, true]);
    assert_eq!(store.take_shown(), [false]);
}
