"""Our own Speech host: what an Azure Speech container serves, offline."""

import os

# onnxruntime sends usage data to its maker unless this is set before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
