"""What ties the settings of a lesson to its panels, its sentences and its program, one module a lesson."""
