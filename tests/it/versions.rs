//! Guests built against different versions of WASI 0.2.

use serde_json::json;

use crate::support::Project;

#[test]
fn every_version_links_and_runs() {
    for (guest, version) in [
        ("spread-0.2.0", "0.2.0"),
        ("spread-0.2.3", "0.2.3"),
        ("spread-0.2.12", "0.2.12"),
    ] {
        let mut project = Project::new();
        project.function("tick", guest, "spread#tick", "[wasi:clocks, wasi:io]", &[]);
        assert_eq!(project.call("tick", &[]), Ok(json!(version)), "{guest}");
    }
}
