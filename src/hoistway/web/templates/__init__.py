"""The hosted pages' templates, the values they are drawn from and the filters they use."""
