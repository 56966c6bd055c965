//! `tributary migrate`

use clap::Args;
use engine::Engine;

use crate::Failure;
use crate::place::Place;

#[derive(Args)]
pub struct Migrate {
    #[command(flatten)]
    place: Place,
}

impl Migrate {
    pub async fn run(self) -> Result<(), Failure> {
        let config = self.place.settings()?;
        std::fs::create_dir_all(&config.data)?;
        let applied = Engine::migrate(&config.database_url()).await?;
        if applied.is_empty() {
            println!("The database is up to date.");
        }
        for name in applied {
            println!("applied {name}");
        }
        Ok(())
    }
}
