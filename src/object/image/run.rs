//! The images that run: what a field of an object says that a container, or a volume, is made of.

use std::collections::BTreeSet;

use helm_engine::value::{Map, Value};

/// The images of an object: each text under a key `image`, wherever it stands. So a container has it, of every kind and in
/// every template of a pod, and so custom resources have it for what their operators run. A volume has it one key deeper,
/// as `image.reference`.
pub fn run(object: &Value, images: &mut BTreeSet<String>) {
    match object {
        Value::Map(map) => {
            // Beside a repository, the image is but the last word of its name.
            let is_piece = matches!(map.get("repository"), Some(Value::Str(_)));
            for (key, value) in map.entries().iter() {
                match value {
                    Value::Str(_) if *key == "image" && is_piece => {}
                    Value::Str(image) if *key == "image" && !image.is_empty() => {
                        images.insert(image.to_text().into_owned());
                    }
                    Value::Map(volume) if *key == "image" => {
                        images.extend(of_volume(volume));
                        run(value, images);
                    }
                    other => run(other, images),
                }
            }
        }
        Value::List(list) => list.items().iter().for_each(|it| run(it, images)),
        _ => {}
    }
}

/// The image of a volume: there is a reference, and nothing but how it is pulled.
fn of_volume(volume: &Map) -> Option<String> {
    let known = volume.entries().keys().all(|key| *key == "reference" || *key == "pullPolicy");
    match volume.get("reference") {
        Some(Value::Str(image)) if known && !image.is_empty() => Some(image.to_text().into_owned()),
        _ => None,
    }
}
