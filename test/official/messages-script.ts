/**
 * Python that reads the messages of one of Google's libraries without running it, and writes what a discovery document says of
 * them: `described(sources)`.
 */
export const messagesScript = `
import ast, json

SCALARS = {'STRING': {'type': 'string'}, 'BYTES': {'type': 'string', 'format': 'byte'}, 'BOOL': {'type': 'boolean'},
  'INT32': {'type': 'integer'}, 'INT64': {'type': 'string', 'format': 'int64'}, 'FLOAT': {'type': 'number'},
  'DOUBLE': {'type': 'number'}}
KNOWN = {'Struct': {'type': 'object', 'additionalProperties': {'type': 'any'}}, 'Value': {'type': 'any'},
  'Duration': {'type': 'string'}, 'Timestamp': {'type': 'string'}, 'FieldMask': {'type': 'string'},
  'Interval': {'type': 'any'}, 'Status': {'type': 'any'}, 'ListValue': {'type': 'array', 'items': {'type': 'any'}},
  'LatLng': {'type': 'object', 'properties': {'latitude': {'type': 'number'}, 'longitude': {'type': 'number'}}}}

def classes(body, scope=''):
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield scope + node.name, node
            yield from classes(node.body, scope + node.name + '.')

def name_of(node):
    if isinstance(node, ast.Constant): return node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id

def camel(name):
    first, *rest = name.rstrip('_').split('_')
    return first + ''.join(word.capitalize() for word in rest)

def described(sources):
    found = {name: node for source in sources for name, node in classes(ast.parse(source).body)}
    def typed(kind, names, scope):
        if kind in SCALARS: return SCALARS[kind]
        parts = scope.split('.')
        wanted = ['.'.join(parts[:length] + [names]) for length in range(len(parts), -1, -1)]
        target = next((each for each in wanted if each in found), None)
        return {'$ref': target} if target else KNOWN[names]
    def member(call, scope):
        kinds = [name_of(each) for each in call.args]
        names = next((name_of(word.value) for word in call.keywords if word.arg in ('message', 'enum')), None)
        item = typed(kinds[-1], names, scope)
        if call.func.attr == 'RepeatedField': return {'type': 'array', 'items': item}
        return {'type': 'object', 'additionalProperties': item} if call.func.attr == 'MapField' else item
    schemas = {}
    for name, node in found.items():
        fields = [each for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.value, ast.Call)]
        words = [each.targets[0].id for each in node.body if isinstance(each, ast.Assign)]
        schemas[name] = ({'type': 'string', 'enum': words} if any(getattr(base, 'attr', '') == 'Enum' for base in node.bases)
          else {'type': 'object', 'properties': {camel(each.target.id): member(each.value, name) for each in fields}})
    methods = {name: {'id': 'generativelanguage.models.' + name, 'httpMethod': 'POST', 'path': 'v1beta/{+model}:' + name,
      'flatPath': 'v1beta/models/{modelsId}:' + name, 'request': {'$ref': asked}, 'response': {'$ref': told}}
      for name, asked, told in [('generateContent', 'GenerateContentRequest', 'GenerateContentResponse'),
        ('streamGenerateContent', 'GenerateContentRequest', 'GenerateContentResponse'),
        ('countTokens', 'CountTokensRequest', 'CountTokensResponse'),
        ('batchEmbedContents', 'BatchEmbedContentsRequest', 'BatchEmbedContentsResponse')]}
    return json.dumps({'schemas': schemas, 'parameters': {}, 'resources': {'models': {'methods': methods}}})
`
