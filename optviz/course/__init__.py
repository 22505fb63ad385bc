"""What is taught: the pages, the syllabus and the lectures."""
