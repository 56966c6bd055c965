//! `tributary migrate`

use clap::Args;
use engine::Engine;

use crate::Failure;
use crate::place::{Place, create_private, master_key};

#[derive(Args)]
pub struct Migrate {
    #[command(flatten)]
    place: Place,
}

impl Migrate {
    pub async fn run(self) -> Result<(), Failure> {
        let config = self.place.settings()?;
        let new = config.database_file().filter(|file| !file.exists());
        if new.is_some() {
            // The key comes first: a database without one looks as if its key were lost.
            create_private(&config.data)?;
            master_key(&config)?;
        }
        let applied = Engine::migrate(&config.database_url()).await?;
        if let Some(file) = new {
            println!("There was nothing to migrate: {} is a new, empty installation.", file.display());
        } else if applied.is_empty() {
            println!("The database is up to date.");
        }
        for name in applied {
            println!("applied {name}");
        }
        Ok(())
    }
}
