"""What the form of a formula says: whether days add up, what a ratio is over, which order could carry it."""

from kpis.formula import BinOp, Neg, Node, Number, Ref


def is_sum(node: Node) -> bool:
    """True for a sum or difference of measures, constant factors allowed: its days add up if its measures do."""
    match node:
        case Ref():
            return True
        case Neg(operand=operand):
            return is_sum(operand)
        case BinOp(op="+" | "-", left=left, right=right):
            return is_sum(left) and is_sum(right)
        case BinOp(op="*", left=left, right=right):
            return (isinstance(left, Number) and is_sum(right)) or (isinstance(right, Number) and is_sum(left))
        case BinOp(op="/", left=left, right=Number()):
            return is_sum(left)
    return False


def leading(node: Node) -> Ref | None:
    """The first measure of a formula's numerator: the one whose single orders can carry the figure."""
    match node:
        case Ref():
            return node
        case Neg():
            return None
        case BinOp(left=left):
            return leading(left)
    return None


def terms(node: Node) -> tuple[Node, Node] | None:
    """(numerator, denominator) of a formula that is a ratio, constant factors in front allowed, else None."""
    match node:
        case BinOp(op="/", left=left, right=right) if not isinstance(right, Number):
            return left, right
        case BinOp(op="*", left=left, right=right) if isinstance(left, Number) or isinstance(right, Number):
            inner, factor = (right, left) if isinstance(left, Number) else (left, right)
            found = terms(inner)
            return (BinOp("*", found[0], factor), found[1]) if found else None
    return None
