"""The templates of the hosted pages, the values that they show and the filters that they use."""
