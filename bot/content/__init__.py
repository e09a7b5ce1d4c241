"""Content packs: folders of YAML that anyone can fork become items that members practise with."""
