<<<<<<< HEAD
//! The command line: puts the rooms together, and is the only one that prints.

pub mod paths;
pub mod profile;
pub mod store;
=======
//! The command line: what is typed, and how the rooms are put together.

pub mod lab;
>>>>>>> w-lab
