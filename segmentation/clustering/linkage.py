"""Ward's agglomeration of weighted points, by the nearest-neighbour chain.

scipy and scikit-learn take no weights. A point of weight w merges like w equal points that were merged already.
Source: Murtagh and Legendre 2014, Ward's hierarchical agglomerative clustering method.
"""

import numpy as np

from segmentation.evaluation.indices import squared_distances

Array = np.ndarray


def ward(points: Array, weights: Array) -> Array:
    """Merges (m - 1, 4), lowest first, in scipy's form: cluster a, cluster b, height, weight of the merged.

    Height is sqrt(2 x growth of the within-cluster sum of squares). Memory: m x m doubles.
    """
    n_points = len(points)
    size = np.asarray(weights, dtype=float).copy()
    cost = _merge_costs(points, size)
    raw = _chain(cost, size)
    return _in_height_order(raw, np.asarray(weights, dtype=float), n_points)


def cut(merges: Array, n_clusters: int) -> Array:
    """Cluster 0..k-1 of every point when only so many are left (numbered by their first point)."""
    n_points = len(merges) + 1
    parent = np.arange(2 * n_points - 1)
    for step in range(n_points - n_clusters):
        parent[int(merges[step, 0])] = parent[int(merges[step, 1])] = n_points + step
    roots = np.arange(n_points)
    while not np.array_equal(roots, parent[roots]):
        roots = parent[roots]
    _, first, labels = np.unique(roots, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first), dtype=np.int32)
    return rank[labels]


def _merge_costs(points: Array, size: Array) -> Array:
    """Twice the growth of the sum of squares when two points merge (m, m); inf on the diagonal."""
    centred = points - points.mean(axis=0)
    cost = squared_distances(centred, centred)
    cost *= 2.0 * size[:, None] * size[None, :] / (size[:, None] + size[None, :])
    np.fill_diagonal(cost, np.inf)
    return cost


def _chain(cost: Array, size: Array) -> list[tuple[int, int, float]]:
    """Merges as (kept point, lost point, cost), in the order in which the chain finds them. Changes its arguments."""
    n_points = len(size)
    is_active = np.ones(n_points, dtype=bool)
    merges: list[tuple[int, int, float]] = []
    chain: list[int] = []
    while len(merges) < n_points - 1:
        if not chain:
            chain = [int(np.argmax(is_active))]
        last = chain[-1]
        nearest = int(np.argmin(cost[last]))
        # a tie with the point before goes back to it, or the chain could run in circles
        if len(chain) > 1 and cost[last, chain[-2]] <= cost[last, nearest]:
            nearest = chain[-2]
        if len(chain) > 1 and nearest == chain[-2]:
            del chain[-2:]
            low, high = min(last, nearest), max(last, nearest)
            merges.append((low, high, float(cost[low, high])))
            _merge(cost, size, is_active, low, high)
        else:
            chain.append(nearest)
    return merges


def _merge(cost: Array, size: Array, is_active: Array, kept: int, lost: int) -> None:
    """Lance-Williams: costs of the merged point from those of its parts."""
    between = cost[kept, lost]
    total = size[kept] + size[lost] + size
    merged = ((size[kept] + size) * cost[kept] + (size[lost] + size) * cost[lost] - size * between) / total
    is_active[lost] = False
    merged[~is_active] = np.inf
    merged[kept] = np.inf
    cost[kept, :] = cost[:, kept] = merged
    cost[lost, :] = cost[:, lost] = np.inf
    size[kept] += size[lost]


def _in_height_order(raw: list[tuple[int, int, float]], weights: Array, n_points: int) -> Array:
    """The chain finds merges out of order: sort by cost, then number the merged clusters as scipy does."""
    order = sorted(range(len(raw)), key=lambda step: raw[step][2])
    parent = np.arange(2 * n_points - 1)
    weight = np.concatenate([weights, np.zeros(n_points - 1)])
    merges = np.zeros((n_points - 1, 4))
    for new, step in enumerate(order):
        kept, lost, cost = raw[step]
        # roots, not the points themselves: rounding may put a merge before one it rests on
        left, right = sorted((_root(parent, kept), _root(parent, lost)))
        merged = n_points + new
        parent[left] = parent[right] = merged
        weight[merged] = weight[left] + weight[right]
        merges[new] = left, right, np.sqrt(max(cost, 0.0)), weight[merged]
    return merges


def _root(parent: Array, point: int) -> int:
    root = point
    while parent[root] != root:
        root = int(parent[root])
    while parent[point] != root:
        parent[point], point = root, int(parent[point])
    return root
