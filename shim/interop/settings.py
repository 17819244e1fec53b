"""Writes settings for a cloud on this machine: settings.py <path of emulator.json> <folder to write to>"""

import json
import os
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    cloud = json.load(file)
settings = {
    "version": "0.5.0",
    "projectPrefix": "interop",
    "regionId": "cn-test",
    "workspaceId": cloud["workspace_id"],
    "endpoint": cloud["endpoint"],
    "credentials": {
        "accessKeyId": cloud["access_key_id"],
        "accessKeySecret": cloud["access_key_secret"],
    },
    "mounts": [],
    "limits": {"maxRunningJobs": 100},
    "profiles": {
        "default": {
            "jobType": "PyTorchJob",
            "jobSpecs": [
                {
                    "type": "Worker",
                    "podCount": 1,
                    "image": "local",
                    "resourceConfig": {"CPU": "1", "memory": "1Gi", "GPU": "0"},
                }
            ],
        }
    },
}
# Many clients at once, and nobody to spare.
own = {"api": {"callsPerSecond": 100, "burst": 1000}}
for name, content in [("settings.json", settings), ("pai.json", own)]:
    path = os.path.join(sys.argv[2], name)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
