"""Speaks to the gateway with OpenAI's, Anthropic's and LangChain's clients, and prints what they got as JSON."""

import json
import sys

import anthropic
import openai
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

URL = sys.argv[1]
# The names of the routes, whether they embed, the prompts, and an image.
ASKED = json.loads(sys.argv[2])
PROMPTS, IMAGE = ASKED["prompts"], ASKED["image"]
FORECAST, SKY = ASKED["toolSchema"], ASKED["replySchema"]


class OpenaiClient:
    name = "openai"
    errors = {
        "rate-limited": openai.RateLimitError,
        "not-found": openai.NotFoundError,
        "context-length": openai.BadRequestError,
    }

    def __init__(self):
        self.client = openai.OpenAI(base_url=f"{URL}/v1", api_key="none", max_retries=0)

    def body(self, model, prompt, tool=False, schema=False, image=False):
        content = [{"type": "text", "text": prompt}]
        if image:
            content.append({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}})
        body = {"model": model, "messages": [{"role": "user", "content": content}], "max_completion_tokens": 100}
        if tool:
            body["tools"] = [{"type": "function", "function": {"name": "forecast", "parameters": FORECAST}}]
        if schema:
            form = {"name": "sky", "schema": SKY, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        return body

    def ask(self, *question, **wishes):
        reply = self.client.chat.completions.create(**self.body(*question, **wishes))
        message = reply.choices[0].message
        calls = [[call.function.name, json.loads(call.function.arguments)] for call in message.tool_calls or []]
        return said(message.content, calls, reply.usage.prompt_tokens, reply.usage.completion_tokens)

    def stream(self, *question, **wishes):
        body = self.body(*question, **wishes)
        with self.client.chat.completions.stream(**body, stream_options={"include_usage": True}) as stream:
            reply = stream.get_final_completion()
        message = reply.choices[0].message
        calls = [[call.function.name, json.loads(call.function.arguments)] for call in message.tool_calls or []]
        return said(message.content, calls, reply.usage.prompt_tokens, reply.usage.completion_tokens)

    def leave(self, *question):
        with self.client.chat.completions.create(**self.body(*question), stream=True) as stream:
            for chunk in stream:
                if chunk.choices and chunk.choices[0].delta.content:
                    return

    def embed(self, model, text):
        return self.client.embeddings.create(model=model, input=text).data[0].embedding


class ResponsesClient(OpenaiClient):
    name = "openai, responses"
    embed = None

    def body(self, model, prompt, tool=False, schema=False, image=False):
        content = [{"type": "input_text", "text": prompt}]
        if image:
            content.append({"type": "input_image", "image_url": f"data:image/png;base64,{IMAGE}", "detail": "auto"})
        body = {"model": model, "input": [{"role": "user", "content": content}], "max_output_tokens": 100}
        if tool:
            body["tools"] = [{"type": "function", "name": "forecast", "parameters": FORECAST, "strict": False}]
        if schema:
            body["text"] = {"format": {"type": "json_schema", "name": "sky", "schema": SKY, "strict": True}}
        return body

    def ask(self, *question, **wishes):
        return self.said(self.client.responses.create(**self.body(*question, **wishes)))

    def stream(self, *question, **wishes):
        with self.client.responses.stream(**self.body(*question, **wishes)) as stream:
            return self.said(stream.get_final_response())

    def leave(self, *question):
        with self.client.responses.create(**self.body(*question), stream=True) as stream:
            for event in stream:
                if event.type == "response.output_text.delta":
                    return

    def said(self, reply):
        calls = [[item.name, json.loads(item.arguments)] for item in reply.output if item.type == "function_call"]
        return said(reply.output_text, calls, reply.usage.input_tokens, reply.usage.output_tokens)


class AnthropicClient:
    name = "anthropic"
    embed = None
    errors = {
        "rate-limited": anthropic.RateLimitError,
        "not-found": anthropic.NotFoundError,
        "context-length": anthropic.BadRequestError,
    }

    def __init__(self):
        self.client = anthropic.Anthropic(base_url=URL, api_key="none", max_retries=0)

    def body(self, model, prompt, tool=False, schema=False, image=False):
        content = [{"type": "text", "text": prompt}]
        if image:
            content.append({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": IMAGE}})
        body = {"model": model, "messages": [{"role": "user", "content": content}], "max_tokens": 100}
        if tool:
            body["tools"] = [{"name": "forecast", "input_schema": FORECAST}]
        if schema:
            body["output_config"] = {"format": {"type": "json_schema", "schema": SKY}}
        return body

    def ask(self, *question, **wishes):
        return self.said(self.client.messages.create(**self.body(*question, **wishes)))

    def stream(self, *question, **wishes):
        with self.client.messages.stream(**self.body(*question, **wishes)) as stream:
            return self.said(stream.get_final_message())

    def leave(self, *question):
        with self.client.messages.stream(**self.body(*question)) as stream:
            for _ in stream.text_stream:
                return

    def said(self, reply):
        text = "".join(block.text for block in reply.content if block.type == "text")
        calls = [[block.name, block.input] for block in reply.content if block.type == "tool_use"]
        return said(text, calls, reply.usage.input_tokens, reply.usage.output_tokens)


class LangchainClient:
    errors = OpenaiClient.errors

    def __init__(self, responses):
        self.name = "langchain-openai, responses" if responses else "langchain-openai"
        self.responses = responses
        if responses:
            self.embed = None

    def chat(self, model, tool=False, schema=False):
        chat = ChatOpenAI(
            base_url=f"{URL}/v1",
            api_key="none",
            model=model,
            max_retries=0,
            max_tokens=100,
            stream_usage=True,
            use_responses_api=self.responses,
        )
        if tool:
            return chat.bind_tools([{"type": "function", "function": {"name": "forecast", "parameters": FORECAST}}])
        if schema:
            form = {"name": "sky", "schema": SKY, "strict": True}
            return chat.bind(response_format={"type": "json_schema", "json_schema": form})
        return chat

    def messages(self, prompt, image=False):
        content = [{"type": "text", "text": prompt}]
        if image:
            content.append({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}})
        return [{"role": "user", "content": content}]

    def ask(self, model, prompt, image=False, **wishes):
        return self.said(self.chat(model, **wishes).invoke(self.messages(prompt, image)))

    def stream(self, model, prompt, **wishes):
        whole = None
        for chunk in self.chat(model, **wishes).stream(self.messages(prompt)):
            whole = chunk if whole is None else whole + chunk
        return self.said(whole)

    def leave(self, model, prompt):
        stream = self.chat(model).stream(self.messages(prompt))
        for chunk in stream:
            if chunk.text:
                stream.close()
                return

    def embed(self, model, text):
        embeddings = OpenAIEmbeddings(
            base_url=f"{URL}/v1", api_key="none", model=model, max_retries=0, check_embedding_ctx_length=False
        )
        return embeddings.embed_query(text)

    def said(self, message):
        usage = message.usage_metadata
        calls = [[call["name"], call["args"]] for call in message.tool_calls]
        return said(str(message.text), calls, usage["input_tokens"], usage["output_tokens"])


def said(text, calls, read, written):
    return {"text": text or "", "calls": calls, "inputTokens": read, "outputTokens": written}


def failed(client, kind, work):
    try:
        work()
    except client.errors[kind] as error:
        return {"status": error.status_code, "retryAfter": error.response.headers.get("retry-after")}
    return "nothing was raised"


def try_all(client, model, embeds):
    seen = {
        "chat": client.ask(model, PROMPTS["text"]),
        "stream": client.stream(model, PROMPTS["text"]),
        "tool": client.ask(model, PROMPTS["tool"], tool=True),
        "toolStream": client.stream(model, PROMPTS["tool"], tool=True),
        "image": client.ask(model, PROMPTS["text"], image=True),
        "schema": client.ask(model, PROMPTS["schema"], schema=True),
    }
    client.leave(model, PROMPTS["endless"])
    if embeds and client.embed is not None:
        seen["vector"] = client.embed(model, "a text")
    for kind in client.errors:
        question = (f"{model}-{kind}", PROMPTS["text"])
        seen[kind] = [failed(client, kind, lambda way=way: way(*question)) for way in (client.ask, client.stream)]
    return seen


clients = [OpenaiClient(), ResponsesClient(), AnthropicClient(), LangchainClient(False), LangchainClient(True)]
print(
    json.dumps(
        {
            client.name: {model: try_all(client, model, embeds) for model, embeds in ASKED["models"].items()}
            for client in clients
        }
    )
)
