"""The look: page frame and domain-free widgets on the classes of assets/css; knows no service and no table."""

from nyx.theme.assets import ASSETS_DIR, ASSETS_URL, asset
from nyx.theme.busy import busy
from nyx.theme.buttons import Button, IconButton, IconLink, LinkButton, SubmitButton
from nyx.theme.fields import Chips, Select, TextField
from nyx.theme.head import head_html, page_meta
from nyx.theme.icons import icon, icon_markup, icon_names, mark, mark_markup
from nyx.theme.layout import Frame, frame
from nyx.theme.navbar import CreditsPill, Section
from nyx.theme.plain import Markup, el, meta, plain_page
from nyx.theme.player import Player
from nyx.theme.site import NavLink, Site, Viewer
from nyx.theme.widgets import Dialog, ProgressBar, Text, badge, disclosure, empty_state, form_post, menu, skeleton, toast

__all__ = [
    "ASSETS_DIR",
    "ASSETS_URL",
    "Button",
    "Chips",
    "CreditsPill",
    "Dialog",
    "Frame",
    "IconButton",
    "IconLink",
    "LinkButton",
    "Markup",
    "NavLink",
    "Player",
    "ProgressBar",
    "Section",
    "Select",
    "Site",
    "SubmitButton",
    "Text",
    "TextField",
    "Viewer",
    "asset",
    "badge",
    "busy",
    "disclosure",
    "el",
    "empty_state",
    "form_post",
    "frame",
    "head_html",
    "icon",
    "icon_markup",
    "icon_names",
    "mark",
    "mark_markup",
    "menu",
    "meta",
    "page_meta",
    "plain_page",
    "skeleton",
    "toast",
]
