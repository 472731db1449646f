"""A stand-in for MDBList, for the demo and the tests."""

from collectarr.demo.mdblist.stand_in import DEMO_KEY, MdbListStandIn

__all__ = ["DEMO_KEY", "MdbListStandIn"]
