"""Step of the package's build: adds the Solidity sources, and refuses old compiled contracts."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PackageHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Stops the build of a wheel or sdist whose contracts are not those of the sources. An
        editable installation has them from `make build`."""
        # ape finds plugins by this file, which setuptools wrote.
        place = f"{self.build_config.builder.artifact_project_id}.dist-info/top_level.txt"
        names = {str(Path(self.root, "toolchain", "top_level.txt")): place}
        if version == "editable":
            build_data["force_include_editable"] |= names
            return
        sys.path.insert(0, str(Path(self.root) / "toolchain"))
        import artifacts
        import sources

        if reason := artifacts.stale():
            raise SystemExit(f"ape-hyperlane: {reason}; run `make build`, then build the package")
        if self.target_name == "wheel":
            build_data["force_include"] |= names | {
                name: f"ape_hyperlane/{name}" for name in sources.packaged()
            }
