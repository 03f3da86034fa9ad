"""order: from an online shop's order to reserved stock, an approval where it is large, a charge and a confirmation."""
