"""The engine without sockets, clock or event loop: messages in, actions out."""

from mock_engine.core.actions import Action, CloseSession, Cut, Send, Wake
from mock_engine.core.engine import Core
from mock_engine.core.peers import Peer

__all__ = ["Action", "CloseSession", "Core", "Cut", "Peer", "Send", "Wake"]
