//! Translation of frequently executed guest code into machine code of the host.
//!
//! [`translator`] creates a [`Translator`] for the engine of `esplens-core`. It translates a region of
//! decoded blocks into Cranelift's intermediate code (`emit`, `lower`), compiles that, and keeps the result
//! in its own memory (`arena`). [`esplens_core::engine::native`] specifies the contract of the code;
//! `docs/decisions/translation.md` explains the design.

mod arena;
mod emit;
mod lower;

use arena::Arena;
use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::FunctionBuilderContext;
use esplens_core::engine::native::{CodeRegion, Native, Translated, Translator};

/// Reason why no translator can be created.
#[derive(Debug)]
pub struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// Creates a translator for one core.
///
/// # Errors
/// [`Refused`] if there is no code generator for the host, or the host grants no executable memory.
pub fn translator() -> Result<Box<dyn Translator>, Refused> {
    let isa = host().map_err(Refused)?;
    let arena = Arena::new().map_err(|e| Refused(format!("executable memory: {e}")))?;
    Ok(Box::new(Jit { isa, arena, context: Context::new(), builder: FunctionBuilderContext::new() }))
}

/// Returns the code generator for this host.
fn host() -> Result<OwnedTargetIsa, String> {
    if !cfg!(all(target_endian = "little", target_pointer_width = "64")) {
        return Err("the host is not a 64-bit little-endian one".into());
    }
    let mut flags = settings::builder();
    for (name, value) in [
        ("opt_level", "speed"),
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
        ("unwind_info", "false"),
        ("machine_code_cfg_info", "false"),
    ] {
        flags.set(name, value).map_err(|e| format!("{name}: {e}"))?;
    }
    let isa = cranelift_native::builder()?.finish(settings::Flags::new(flags)).map_err(|e| e.to_string())?;
    Ok(isa)
}

/// Translator for one core.
struct Jit {
    isa: OwnedTargetIsa,
    arena: Arena,
    context: Context,
    builder: FunctionBuilderContext,
}

// SAFETY: `emit` follows the contract of `esplens_core::engine::native`; the code stays in the arena until
// `forget`.
unsafe impl Translator for Jit {
    fn translate(&mut self, region: &CodeRegion) -> Translated {
        if !lower::is_worth_it(region) {
            return Translated::No;
        }
        self.context.clear();
        let isa: &dyn TargetIsa = &*self.isa;
        emit::function(&mut self.context.func, &mut self.builder, isa, region);
        let compiled = match self.context.compile(isa, &mut ControlPlane::default()) {
            Ok(compiled) => compiled,
            Err(e) => {
                debug_assert!(false, "translation failed: {e:?}");
                return Translated::No;
            }
        };
        if !compiled.buffer.relocs().is_empty() {
            debug_assert!(false, "translated code refers to something outside");
            return Translated::No;
        }
        match self.arena.add(compiled.code_buffer()) {
            Ok(Some(code)) => {
                // SAFETY: the code was compiled for this host as a function of exactly this type.
                let native = unsafe { std::mem::transmute::<*const u8, Native>(code.as_ptr()) };
                Translated::Code(native)
            }
            Ok(None) => Translated::Full,
            Err(_) => Translated::No,
        }
    }

    fn forget(&mut self) {
        self.arena.clear();
    }
}
