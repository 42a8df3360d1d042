"""Trees are gone through, copied and rewritten as Python's own tools do it."""

from __future__ import annotations

import ast
import inspect
import textwrap

import pytest

from pydron.translation import scope, source
from pydron.translation.trees import Rewriter, children, copy_tree, nodes_of

ODD = """
def f(a, /, b=1, *c, d, e=2, **g):
    global h
    print({**a, "k": b}, *c, **g)
    match a:
        case C(x=1, y=[_, *rest]) | {"k": None, **more}: pass
    del a[1:2], b
    x: int
    return lambda *z: (yield)
"""
TEXTS = [ODD, *(textwrap.dedent(inspect.getsource(module)) for module in (scope, source))]


@pytest.mark.parametrize("text", TEXTS)
def test_children_are_those_of_python(text: str) -> None:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        expected = [
            child
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, (ast.expr_context, ast.operator, ast.cmpop, ast.unaryop, ast.boolop))
        ]
        assert children(node) == expected


@pytest.mark.parametrize("text", TEXTS)
def test_a_copy_shares_no_node_but_is_the_same(text: str) -> None:
    tree = ast.parse(text)
    copied = copy_tree(tree)
    assert ast.dump(copied, include_attributes=True) == ast.dump(tree, include_attributes=True)
    assert not set(nodes_of(copied)) & set(nodes_of(tree))


class _Edit(Rewriter):
    def visit_Pass(self, node: ast.Pass) -> None:
        """Leave it out."""

    def visit_Expr(self, node: ast.Expr) -> list[ast.stmt]:
        self.generic_visit(node)
        return [node, ast.Expr(ast.Name("again", ast.Load()))]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(node.id.upper(), node.ctx)


class _Plain(ast.NodeTransformer):
    visit_Pass = _Edit.visit_Pass
    visit_Expr = _Edit.visit_Expr
    visit_Name = _Edit.visit_Name


@pytest.mark.parametrize("text", TEXTS)
def test_trees_are_rewritten_as_by_a_transformer_of_python(text: str) -> None:
    assert ast.dump(_Edit().visit(ast.parse(text))) == ast.dump(_Plain().visit(ast.parse(text)))
