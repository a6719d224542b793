//! What else runs on the dispatcher's thread.

/// What else runs there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scene {
    /// Nothing.
    Idle,
    /// A guest that computes for good.
    Computing,
    /// Native tasks that yield again and again.
    Yielding,
}

impl Scene {
    /// All of them, in the order of the columns.
    pub const ALL: [Scene; 3] = [Scene::Idle, Scene::Computing, Scene::Yielding];

    /// How many guests compute.
    pub fn computing(self) -> usize {
        usize::from(self == Scene::Computing)
    }

    /// How many tasks yield.
    pub fn yielding(self) -> usize {
        match self {
            Scene::Yielding => 100,
            _ => 0,
        }
    }
}
