#!/usr/bin/env python3
"""Writes src/review/rehearse/schema.txt: the fields of Kubernetes' own kinds, as server-side apply knows them.

    tests/kubernetes_schema.py

Reads the typed schemas of k8s.io/client-go and the OpenAPI document of k8s.io/kubernetes (both Apache-2.0) from the cache of
Go's modules; `go mod download k8s.io/client-go@v0.34.4` brings them there. A field that not every version has bears the
first minor that has it (`@35`) or the first that has it no more (`@-36`).
"""
import json, os, re, sys
import yaml

CACHE = os.path.expanduser('~/go/pkg/mod/k8s.io')
VERSIONS = {34: '0.34.4', 35: '0.35.1', 36: '0.36.1', 37: '0.37.1'}
SWAGGER = f'{CACHE}/kubernetes@v1.34.4/api/openapi-spec/swagger.json'
OUT = os.path.join(os.path.dirname(__file__), '../src/review/rehearse/schema.txt')
# Kinds that no manifest creates are left out, and versions before v1 beside one.
GROUPS = ['core.v1', 'apps.v1', 'batch.v1', 'rbac.v1', 'networking.v1', 'policy.v1', 'autoscaling.v1', 'autoscaling.v2', 'storage.v1',
          'scheduling.v1', 'admissionregistration.v1', 'coordination.v1', 'discovery.v1', 'node.v1', 'certificates.v1']
LEFT_OUT = {'Binding', 'ComponentStatus', 'Event', 'Node', 'ControllerRevision'}
NAMES = {'rbac': 'rbac.authorization.k8s.io', 'networking': 'networking.k8s.io', 'storage': 'storage.k8s.io', 'scheduling': 'scheduling.k8s.io',
         'admissionregistration': 'admissionregistration.k8s.io', 'coordination': 'coordination.k8s.io', 'discovery': 'discovery.k8s.io',
         'node': 'node.k8s.io', 'certificates': 'certificates.k8s.io'}
META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

def load(version):
    text = open(f'{CACHE}/client-go@v{version}/applyconfigurations/internal/internal.go').read()
    start = text.index('typed.YAMLObject(`') + len('typed.YAMLObject(`')
    return {it['name']: it for it in yaml.load(text[start:text.index('`)', start)], Loader=yaml.CSafeLoader)['types']}

def shape(type, schema):
    """The shape of a typed schema's type: a letter, a name, `[item/keys` or `{value`."""
    name = type.get('namedType')
    if name:
        return named(name, schema)
    if 'list' in type:
        keys = ','.join(type['list'].get('keys', []))
        mark = '/' + keys if keys else '/=' if type['list'].get('elementRelationship') == 'associative' else ''
        return '[' + shape(type['list']['elementType'], schema) + mark
    if 'map' in type:
        return '{' + shape(type['map']['elementType'], schema)
    return {'string': 's', 'numeric': 'n', 'boolean': 'b'}.get(type.get('scalar'), '*')

def named(name, schema):
    if name.endswith('.Quantity'):
        return 'q'
    if name.endswith('.IntOrString'):
        return 'i'
    if name.startswith('__') or name.endswith(('.RawExtension', '.FieldsV1')) or name.endswith('Status'):
        return '*'
    it = schema.get(name)
    if it is None or 'fields' not in it.get('map', {}):
        return '*' if it is None or 'scalar' in it or not it.get('map', {}).get('elementType') or 'untyped' in json.dumps(it) else '{' + shape(it['map']['elementType'], schema)
    return name

def of_typed(schema):
    out = {}
    for name, it in schema.items():
        if 'fields' in it.get('map', {}):
            out[name] = {field['name']: shape(field['type'], schema) for field in it['map']['fields']}
    return out

def of_swagger(definitions):
    def shape(it):
        ref = it.get('$ref', '').rsplit('/', 1)[-1]
        if ref:
            if ref.endswith(('JSON', 'JSONSchemaPropsOrArray', 'JSONSchemaPropsOrBool', 'JSONSchemaPropsOrStringArray')) or ref.endswith('Status') or ref.endswith('.Time'):
                return '*'
            return ref
        kind = it.get('type')
        if kind == 'array':
            keys = ','.join(it.get('x-kubernetes-list-map-keys', []))
            mark = '/' + keys if keys else '/=' if it.get('x-kubernetes-list-type') == 'set' else ''
            return '[' + shape(it['items']) + mark
        if kind == 'object' and 'additionalProperties' in it:
            return '{' + shape(it['additionalProperties'])
        return {'string': 's', 'integer': 'n', 'number': 'n', 'boolean': 'b'}.get(kind, '*')
    out = {}
    for name, it in definitions.items():
        if '.apiextensions-apiserver.' in name or '.kube-aggregator.' in name:
            out[name] = {field: shape(what) for field, what in it.get('properties', {}).items()}
    return out

def main():
    all = {minor: of_typed(load(version)) for minor, version in VERSIONS.items()}
    extra = of_swagger(json.load(open(SWAGGER))['definitions'])
    for types in all.values():
        types.update(extra)
    minors = sorted(all)
    roots = {}
    for group in GROUPS:
        for minor in minors:
            for name, fields in all[minor].items():
                kind = name.rsplit('.', 1)[-1]
                if name == f'io.k8s.api.{group}.{kind}' and {'metadata', 'kind', 'apiVersion'} <= set(fields) and kind not in LEFT_OUT:
                    head, version = group.split('.')
                    version = version if head == 'core' else f'{NAMES.get(head, head)}/{version}'
                    roots[f'{version} {kind}'] = name
    roots['apiextensions.k8s.io/v1 CustomResourceDefinition'] = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition'
    roots['apiregistration.k8s.io/v1 APIService'] = 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService'
    inner = lambda it: re.sub(r'^[\[{]+', '', it).split('/')[0]
    needed, open_ = set(), list(roots.values())
    while open_:
        name = open_.pop()
        if name in needed:
            continue
        needed.add(name)
        for types in all.values():
            open_ += [inner(it) for it in types.get(name, {}).values() if '.' in inner(it)]
    short, taken = {}, {}
    for name in sorted(needed):
        word = name.rsplit('.', 1)[-1]
        while word in taken:
            word += '_'
        taken[word] = name
        short[name] = word
    def reduced(it):
        name = inner(it)
        return it.replace(name, short[name]) if name in short else it
    lines = [f'={root} {short[name]}' for root, name in sorted(roots.items())]
    for name in sorted(needed, key=lambda it: short[it]):
        words = []
        fields = sorted({field for types in all.values() for field in types.get(name, {})})
        there = [minor for minor in minors if name in all[minor]]
        for field in fields:
            has = [minor for minor in there if field in all[minor][name]]
            mark = ''
            if has[0] != there[0]:
                mark = f'@{has[0]}'
            elif has[-1] != there[-1]:
                mark = f'@-{there[there.index(has[-1]) + 1]}'
            what = all[has[-1]][name][field]
            if field == 'status' and name in roots.values():
                what = '*'
            words.append(f'{field}{mark}:{reduced(what)}')
        lines.append(f'{short[name]} {" ".join(words)}')
    with open(OUT, 'w') as out:
        out.write('\n'.join(lines) + '\n')
    print(len(roots), 'kinds,', len(needed), 'types,', os.path.getsize(OUT), 'bytes')

main()
