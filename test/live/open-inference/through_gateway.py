"""Speaks to the gateway as people who come from KServe and Triton do, and prints what they got as JSON."""

import asyncio
import json
import sys

import numpy
import tritonclient.http as triton
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from tritonclient.utils import InferenceServerException

URL, MODEL = sys.argv[1:3]
VALUES = numpy.array([[1.5, 2.0, -3.25]], dtype=numpy.float32)


async def with_kserve(binary):
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    tensor = InferInput("values", [1, 3], "FP32")
    tensor.set_data_from_numpy(VALUES, binary_data=binary)
    request = InferRequest(MODEL, [tensor], "one", parameters={"binary_data_output": binary})
    headers = {}
    reply = await client.infer(URL, request, model_name=MODEL, response_headers=headers)
    ready = await client.is_server_ready(URL) and await client.is_model_ready(URL, MODEL)
    await client.close()
    return {
        "id": reply.id,
        "ready": ready,
        "split": headers.get("inference-header-content-length") is not None,
        "values": reply.outputs[0].as_numpy().tolist(),
    }


def with_triton(binary):
    with triton.InferenceServerClient(URL.removeprefix("http://")) as client:
        tensor = triton.InferInput("values", [1, 3], "FP32")
        tensor.set_data_from_numpy(VALUES, binary_data=binary)
        # Without a list of outputs this client asks for all of them in binary.
        wanted = None if binary else [triton.InferRequestedOutput("values", binary_data=False)]
        reply = client.infer(MODEL, [tensor], outputs=wanted, request_id="two")
        try:
            client.infer("nobody", [tensor])
            refusal = None
        except InferenceServerException as error:
            refusal = [error.status(), error.message()]
        return {
            "id": reply.get_response()["id"],
            "ready": client.is_server_live() and client.is_server_ready() and client.is_model_ready(MODEL),
            "metadata": client.get_model_metadata(MODEL),
            "refusal": refusal,
            "values": reply.as_numpy("values").tolist(),
        }


def mixed():
    """Inputs of both forms, and outputs in the forms that were chosen for each."""
    given = {
        "half": (numpy.array([0.5, -2, 65504], dtype=numpy.float16), "FP16", True),
        "words": (numpy.array(["ja", "für", ""], dtype=numpy.object_), "BYTES", True),
        "counts": (numpy.array([2**53 + 2, -1], dtype=numpy.int64), "INT64", False),
        "flags": (numpy.array([True, False]), "BOOL", True),
    }
    with triton.InferenceServerClient(URL.removeprefix("http://")) as client:
        inputs = []
        for name, (values, datatype, binary) in given.items():
            tensor = triton.InferInput(name, list(values.shape), datatype)
            tensor.set_data_from_numpy(values, binary_data=binary)
            inputs.append(tensor)
        binary_outputs = {"half": True, "words": False, "counts": True, "flags": False}
        wanted = [triton.InferRequestedOutput(name, binary_data=binary) for name, binary in binary_outputs.items()]
        reply = client.infer(MODEL, inputs, outputs=wanted)
        described = {output["name"]: output for output in reply.get_response()["outputs"]}
        words = [word.decode() if isinstance(word, bytes) else word for word in reply.as_numpy("words").tolist()]
        return {
            "half": reply.as_numpy("half").tolist(),
            "halfIsBinary": "binary_data_size" in described["half"].get("parameters", {}),
            "words": words,
            "wordsAreBinary": "binary_data_size" in described["words"].get("parameters", {}),
            "counts": reply.as_numpy("counts").tolist(),
            "flags": reply.as_numpy("flags").tolist(),
        }


def refusal_of(ask):
    try:
        return ["200", str(ask())]
    except InferenceServerException as error:
        return [error.status(), error.message()]


def beside_the_protocol():
    with triton.InferenceServerClient(URL.removeprefix("http://")) as client:
        return {
            "index": client.get_model_repository_index(),
            "extensions": client.get_server_metadata()["extensions"],
            "config": refusal_of(lambda: client.get_model_config(MODEL)),
            "statistics": refusal_of(lambda: client.get_inference_statistics(MODEL)),
            "load": refusal_of(lambda: client.load_model(MODEL)),
            "unload": refusal_of(lambda: client.unload_model(MODEL)),
            "memory": refusal_of(client.get_system_shared_memory_status),
            "version": refusal_of(lambda: client.get_model_metadata(MODEL, "7")),
        }


answers = {
    "kserve": asyncio.run(with_kserve(False)),
    "kserveBinary": asyncio.run(with_kserve(True)),
    "triton": with_triton(False),
    "tritonBinary": with_triton(True),
    "mixed": mixed(),
    "beside": beside_the_protocol(),
}
print(json.dumps(answers))
