"""Cookies and CSRF: a browser that is signed in, at the real app."""

import asyncio
import re
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from aiohttp import web

from collectarr.auth import COOKIE, EXTEND_AFTER, IDENTITY, public
from collectarr.models import utc_now
from collectarr.services import SERVICES
from collectarr.settings import Settings
from collectarr.store import users
from tests.people import Client, problem, services_of, sign_up
