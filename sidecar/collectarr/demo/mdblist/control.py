"""Where the stand-in's controls were before other stand-ins shared them."""

from collectarr.demo.control import CONTROL, Control, Handler, Seen

__all__ = ["CONTROL", "Control", "Handler", "Seen"]
