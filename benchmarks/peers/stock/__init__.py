"""Stock Strawberry, written as its documentation has one write it: types of plain attributes, a DataLoader
for each way from row to row, parser and validation cache on, orjson in the documented place for it.
"""

from benchmarks.peers.stock.app import create

__all__ = ["create"]
