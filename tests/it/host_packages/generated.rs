//! `acme:game/physics` over what `bindgen!` generates.

use std::time::Duration;

use wasmtime::component::Resource;
use wippy::activity::HostFunction;
use wippy::{HostContext, HostPackage, HostState};

wasmtime::component::bindgen!({
    path: "tests/guests/game/wit/acme-game.wit",
    inline: "
        package test:host;
        world host { import acme:game/physics@1.0.0; }
    ",
    world: "test:host/host",
    imports: {
        "acme:game/physics.settle": async | trappable,
        default: trappable,
    },
    with: { "acme:game/physics.body": Body },
});

use acme::game::physics::{self, Host, HostBody};

/// What the package keeps of a call.
#[derive(Default)]
pub struct Own {
    steps: u32,
    pub table: super::Table,
}

/// Something that moves.
pub struct Body {
    mass: u32,
    momentum: u32,
}

/// The package with this interface alone.
pub fn physics() -> HostPackage {
    HostPackage::new("acme:game", "1.0.0")
        .state(|_| Own::default())
        .interface("physics", |linker| {
            physics::add_to_linker::<_, HostContext>(linker, HostState::context)
        })
}

impl Host for HostContext<'_> {
    fn step(&mut self, by: u32) -> wasmtime::Result<u32> {
        let own: &mut Own = self.data()?;
        own.steps = own.steps.wrapping_add(by);
        Ok(own.steps)
    }

    async fn settle(&mut self, milliseconds: u64) -> wasmtime::Result<u64> {
        const SETTLE: HostFunction = HostFunction::new("acme:game/physics#settle");
        self.consume_budget().await?;
        let handle = self.handle().clone();
        let before = handle.now()?;
        let sleep = handle.sleep(Duration::from_millis(milliseconds));
        self.waiting(SETTLE, sleep).await?;
        Ok(u64::try_from((handle.now()? - before).as_millis())?)
    }

    fn crash(&mut self, text: String) -> wasmtime::Result<()> {
        panic!("{text}");
    }
}

impl HostBody for HostContext<'_> {
    fn new(&mut self, mass: u32) -> wasmtime::Result<Resource<Body>> {
        let momentum = 0;
        self.table().push(Body { mass, momentum })
    }

    fn push(&mut self, body: Resource<Body>, by: u32) -> wasmtime::Result<()> {
        self.table().get_mut(&body)?.momentum += by;
        Ok(())
    }

    fn speed(&mut self, body: Resource<Body>) -> wasmtime::Result<u32> {
        let table = self.table();
        let body = table.get(&body)?;
        Ok(body.momentum / body.mass.max(1))
    }

    fn drop(&mut self, body: Resource<Body>) -> wasmtime::Result<()> {
        self.table().delete(body)?;
        Ok(())
    }
}
