"""optviz: see how neural networks are optimized."""

import streamlit as st

from optviz.ui import frame

st.set_page_config(page_title="optviz", page_icon=frame.ICON, layout="wide", initial_sidebar_state=360)
frame.pages().run()
frame.settle()
