"""What a visitor sees and touches: the only part of optviz that imports Streamlit."""
