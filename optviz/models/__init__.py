"""What else is fitted: lines, polynomials, digits, tables."""
