//! `--name-template`: a release name from a template.

use crate::gotmpl::{ExecError, MissingKey, ParseError, Templates};
use crate::sprig;
use crate::value::Value;
use crate::world::World;

/// Why the template gives no name; prints as Go does.
#[derive(Debug, thiserror::Error)]
pub enum TemplateNameError {
    /// The text is no template.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The template fails.
    #[error(transparent)]
    Exec(#[from] Box<ExecError>),
}

/// The name a template prints. Only sprig's functions are known to it.
///
/// Mirrors `action.TemplateName`.
pub fn template_name(template: &str, world: &mut dyn World) -> Result<String, TemplateNameError> {
    const NAME: &str = "name-template";
    let functions = sprig::functions();
    let mut templates = Templates::new(NAME);
    templates.parse(NAME, template.as_bytes(), &functions)?;
    let printed = templates.execute(NAME, &Value::Nil, &functions, world, MissingKey::Default).map_err(Box::new)?;
    Ok(String::from_utf8_lossy(&printed).into_owned())
}
