"""Lists of students, as teachers and learning platforms have them: a table of text -> students,
and what their files are called. What students are given or hand in is for `grading/classroom`.
"""
