//! What the crate offers, against the vectors and against implementations that share no code with it.
//!
//! Only what is public is used here, as from outside. In the crate all the same: its own tests obey `SM_ENGINE_PATH`
//! (`cpu`), so that every path meets every oracle without another build of the engine.

mod second_opinion;
mod vectors;
