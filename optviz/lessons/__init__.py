"""What the pages tie together: their numbers, pictures, sentences and programs, without Streamlit."""
